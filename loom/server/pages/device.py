"""The page on which a person lets a device in, or not."""

from aiohttp import web

from loom.api.times import rfc3339
from loom.server.auth.device_codes import Asking
from loom.server.keys import CLOCK
from loom.server.pages.forms import form, form_page
from loom.server.pages.frame import page
from loom.server.pages.html import tag

_WARNING = (
    "Approve only what you started yourself, just now, and only if your device shows this same"
    " code. It will be signed in as you: it reads your threads and spends what you may spend, until"
    " you sign it out. If somebody sent you this code or a link to this page, deny it."
)
_ELSEWHERE = (
    "This device is not where you are: it asked from another address than your browser's. Deny it"
    " unless you know why."
)


def code_page(request: web.Request, said: str = "", status: int = 200) -> web.Response:
    """Asks for the code that the device shows."""
    field = tag(
        "input",
        type="text",
        id="user_code",
        name="user_code",
        required=True,
        inputmode="numeric",
        autocomplete="off",
        placeholder="123-456-789",
        autofocus=True,
    )
    return form_page(
        request,
        "Sign in a device",
        tag("p", said, class_="notice") if said else None,
        form(
            request,
            "/device",
            tag("label", "The code that it shows", for_="user_code"),
            field,
            tag("button", "Continue"),
        ),
        status=status,
    )


def decision_page(request: web.Request, asking: Asking) -> web.Response:
    """Shows who asks, and lets the person say yes or no."""
    asked_at = rfc3339(asking.created_at)[:16].replace("T", " ")
    facts = {
        "It calls itself": asking.client,
        "Asked from": asking.ip,
        "You are at": request.remote or "",
        "Asked at": f"{asked_at} UTC, {_ago(request.app[CLOCK]() - asking.created_at)}",
    }
    rows = ((tag("dt", key), tag("dd", value)) for key, value in facts.items())
    return form_page(
        request,
        "Sign in this device?",
        tag("p", asking.user_code, class_="code"),
        tag("dl", rows),
        tag("p", tag("strong", _ELSEWHERE), class_="notice")
        if _is_elsewhere(request, asking)
        else None,
        tag("p", _WARNING, class_="notice"),
        form(
            request,
            "/device/decision",
            tag("input", type="hidden", name="user_code", value=asking.user_code),
            tag("button", "Approve", name="decision", value="approve"),
            tag("button", "Deny", name="decision", value="deny", class_="second"),
        ),
    )


def _is_elsewhere(request: web.Request, asking: Asking) -> bool:
    return asking.ip != (request.remote or "")


def _ago(ms: int) -> str:
    minutes = max(ms, 0) // 60_000
    return "just now" if not minutes else f"{minutes} min ago"


def decided_page(request: web.Request, is_approved: bool) -> web.Response:
    """What was said."""
    if is_approved:
        return page(
            request,
            "The device is signed in",
            tag("p", "You can close this page and go back to it."),
            tag("p", tag("a", "See where you are signed in", href="/account")),
        )
    return page(request, "Denied", tag("p", "The device was not signed in."))
