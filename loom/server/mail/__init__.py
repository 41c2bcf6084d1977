"""What Loom writes to people.

letter   one message, as text and as HTML
mailer   sends in the background, so that nobody waits and nobody can tell whether anything is sent
"""
