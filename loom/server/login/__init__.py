"""The login doors: what happens between a person's proof and their session.

ways          what is set up, and where its button goes
signing_in    where every door ends: whose account, and may they have one
named         what a line of the audit log says of an address
web_sessions  the browser's cookie
providers     the identity providers: github, google, okta_saml
login_states  what is kept while somebody is there, and `browser`, whose it is
oauth         the code flow, `id_token` for OpenID Connect; saml/ for SAML 2.0
outside       questions to a provider; failures: what somebody is told who does not get in
"""
