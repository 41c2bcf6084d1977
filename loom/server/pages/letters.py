"""What letters say, as text and as HTML."""

from typing import NamedTuple
from urllib.parse import urlsplit

from loom.api.orgs import Invitation
from loom.server.mail.letter import Letter
from loom.server.pages.html import rendered, tag


def sign_in_letter(to: str, url: str, minutes: int) -> Letter:
    """The letter that carries a magic link."""
    host = urlsplit(url).netloc
    asked = f"Somebody, you we hope, asked to sign in to Loom at {host} with this address."
    ends = f"The link works once, within {minutes} minutes; a newer one takes its place."
    other = "Was it not you? Then do nothing: without the link nobody gets in."
    words = _Words(f"Sign in to Loom at {host}", asked, "Sign in to Loom", (ends, other))
    return _letter(to, url, words)


def invitation_letter(invitation: Invitation, org_name: str, url: str) -> Letter:
    """The letter that carries an invitation. The names in it are anybody's: they are quoted."""
    host, who = urlsplit(url).netloc, invitation.invited_by or "Somebody"
    asked = f"“{who}” invites you to “{org_name}” on Loom at {host}."
    until = f"Sign in with this address to accept it, until {invitation.expires_at[:10]}."
    other = "Do you not know them? Then do nothing."
    words = _Words(f"An invitation to Loom at {host}", asked, "See the invitation", (until, other))
    return _letter(invitation.email, url, words)


class _Words(NamedTuple):
    subject: str
    said: str
    link: str
    notes: tuple[str, str]


def _letter(to: str, url: str, words: _Words) -> Letter:
    text = f"{words.said}\n\n{words.link}:\n{url}\n\n" + "\n".join(words.notes) + "\n"
    body = tag(
        "body",
        tag("p", words.said),
        tag("p", tag("a", words.link, href=url)),
        tag("p", words.notes[0], tag("br"), words.notes[1]),
    )
    html = rendered(tag("html", body, lang="en"))
    return Letter(to, words.subject, text, f"<!doctype html>\n{html}\n")
