"""What letters say, as text and as HTML."""

from urllib.parse import urlsplit

from loom.server.mail.letter import Letter
from loom.server.pages.html import rendered, tag


def sign_in_letter(to: str, url: str, minutes: int) -> Letter:
    """The letter that carries a magic link."""
    host = urlsplit(url).netloc
    asked = f"Somebody, you we hope, asked to sign in to Loom at {host} with this address."
    ends = f"The link works once, within {minutes} minutes; a newer one takes its place."
    other = "Was it not you? Then do nothing: without the link nobody gets in."
    text = f"{asked}\n\nSign in:\n{url}\n\n{ends}\n{other}\n"
    html = rendered(
        tag(
            "html",
            tag(
                "body",
                tag("p", asked),
                tag("p", tag("a", "Sign in to Loom", href=url)),
                tag("p", ends, tag("br"), other),
            ),
            lang="en",
        )
    )
    return Letter(to, f"Sign in to Loom at {host}", text, f"<!doctype html>\n{html}\n")
