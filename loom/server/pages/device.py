"""The page on which a person lets a device in, or not."""

from aiohttp import web

from loom.api.times import rfc3339
from loom.server.auth.device_codes import Asking
from loom.server.pages.forms import form, form_page
from loom.server.pages.frame import page
from loom.server.pages.html import tag


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
    facts = {
        "It calls itself": asking.client,
        "Asked from": asking.ip,
        "Asked at": rfc3339(asking.created_at)[:16].replace("T", " ") + " UTC",
    }
    rows = ((tag("dt", key), tag("dd", value)) for key, value in facts.items())
    return form_page(
        request,
        "Sign in this device?",
        tag("p", asking.user_code, class_="code"),
        tag("dl", rows),
        tag(
            "p",
            "Approve only what you started yourself, just now, and only if your device shows this"
            " same code. It will be signed in as you.",
            class_="notice",
        ),
        form(
            request,
            "/device/decision",
            tag("input", type="hidden", name="user_code", value=asking.user_code),
            tag("button", "Approve", name="decision", value="approve"),
            tag("button", "Deny", name="decision", value="deny", class_="second"),
        ),
    )


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
