"""The limits of the login doors, and what is answered at them."""

from aiohttp import web

from loom.server.door import audit
from loom.server.errors import Refused
from loom.server.keys import RATE_LIMITS
from loom.server.rate_limits import Rate, client_key

LINKS_ASKED = Rate("links_asked", 10, 30.0)
"""By client."""

LINKS_SENT = Rate("links_sent", 3, 120.0)
"""By address, and silently. One is sent before the last one ends, so that the owner of an address
always has a valid link in the mailbox, whoever asks for more."""

WRONG_LINKS = Rate("wrong_links", 20, 10.0)
"""By client."""

DEVICES_STARTED = Rate("devices_started", 20, 10.0)
"""By client."""

WRONG_DEVICE_CODES = Rate("wrong_device_codes", 20, 10.0)
"""By client."""

WRONG_USER_CODES = Rate("wrong_user_codes", 10, 60.0)
"""By the person who types them, counted before they are looked up: these can be guessed."""

SENT_AWAY = Rate("sent_away", 40, 2.0)
"""By client, to identity providers: each is a row that is kept for ten minutes."""

WRONG_RETURNS = Rate("wrong_returns", 20, 10.0)
"""By client, from identity providers."""


def require_rate(request: web.Request, rate: Rate, key: str = "") -> None:
    """Counts a try of the client's, or of `key`'s. Raises Refused (429) when it has to wait."""
    limits = request.app[RATE_LIMITS]
    verdict = limits.take(rate, key or client_key(request.remote))
    if verdict.wait == 0:
        return
    if verdict.is_first:
        audit(request, "auth.rate_limited", "denied", limit=rate.name)
    raise Refused(
        429,
        "too_many_requests",
        "There were too many tries.",
        f"Try again in {verdict.wait:.0f} s.",
        retry_after=verdict.wait,
    )
