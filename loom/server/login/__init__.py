"""The login doors: what happens between a person's proof and their session.

ways          what is set up, and where its button goes
signing_in    where every door ends: whose account, and may they have one
web_sessions  the browser's cookie
"""
