"""Which version of a thread a write was made for (RFC 9110 §13.1, RFC 6585 §3)."""

from dataclasses import dataclass

from aiohttp import web

from loom.api.threads import ThreadInfo
from loom.server.errors import Refused


class Stale(Refused):
    """A write for another version than the one that is there."""

    def __init__(self, info: ThreadInfo, client_version: int) -> None:
        words = f"thread {info.id} is at version {info.version}, not {client_version}"
        super().__init__(412, "conflict", words, "Read it again, and write on top of that.")
        self.info = info
        self.client_version = client_version


@dataclass(frozen=True)
class Precondition:
    """What the client believes to be there: `etag`, or nothing at all when that is empty."""

    etag: str = ""

    @property
    def version(self) -> int:
        """The number in the ETag; 0 for none."""
        number = self.etag.partition("-")[0]
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else 0

    def check(self, info: ThreadInfo) -> None:
        """Raises Stale when `info` is another version. A version's number alone will do."""
        if not self.etag or self.etag not in (info.etag, str(info.version)):
            raise Stale(info, self.version)


def precondition_of(request: web.Request) -> Precondition:
    """The request's; a thread that shall be new has `If-None-Match: *`, or version 0.

    Raises:
        Refused: there is none (428), or it names no version (400).
    """
    if request.headers.get("If-None-Match", "").strip() == "*":
        return Precondition()
    given = request.headers.get("If-Match", "").strip()
    if not given:
        hint = 'Send If-Match with the ETag that you read, or "If-None-Match: *" for a new thread.'
        raise Refused(428, "precondition_required", "which version is this written for?", hint)
    etag = given.removeprefix('"').removesuffix('"')
    if etag == "*" or "," in etag or len(etag) > 200:
        raise Refused(400, "invalid_request", "If-Match names one version, by its ETag")
    return Precondition("" if etag == "0" else etag)
