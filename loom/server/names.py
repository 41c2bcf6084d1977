"""Names that people give: of themselves, organizations, teams and keys."""

import re

from loom.server.addresses import is_address
from loom.server.errors import Refused

MAX_NAME = 100
_SLUG = re.compile(r"[a-z0-9](?:-?[a-z0-9]){1,39}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def printable_name(text: str) -> str:
    """`text` with single spaces. Raises Refused (400) for what is no name."""
    name = " ".join(text.split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise Refused(400, "invalid_request", f"a name has 1 to {MAX_NAME} printable characters")
    return name


def tidied_name(text: str) -> str:
    """What of `text` can be a name; empty where nothing can. Others than the person said it."""
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return name[:MAX_NAME].strip()


def require_slug(slug: str) -> None:
    """Raises Refused (400) for what is no slug, or could be taken for an id."""
    if not _SLUG.fullmatch(slug) or _ID.fullmatch(slug):
        text = "a slug has 2 to 40 lower-case letters, digits and single dashes between them"
        raise Refused(400, "invalid_request", f"{text}, not {slug!r}")


def as_slug(name: str) -> str:
    """Lower-case words of `name` joined by `-`; empty when it has none."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-")


def require_email(text: str) -> str:
    """The address without space around it. Raises Refused (400) for what is none.

    Whether it is anybody's is found out by writing to it.
    """
    email = text.strip()
    if not is_address(email):
        raise Refused(400, "invalid_request", f"{text[:300]!r} is no e-mail address")
    return email
