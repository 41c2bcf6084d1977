"""The pages in a real Chromium, at the width of a phone, without JavaScript, light and dark."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.e2e.browser import chromium
from tests.fakes.mailbox import mailbox
from tests.server.conftest import TeamUp
from tests.server.login.test_device import polled, started

PHONE = {"width": 390, "height": 844}
LEAST_TARGET = 44
"""Pixels that a finger needs. Source: WCAG 2.5.5."""


async def fits(page: Page) -> None:
    """Nothing is wider than the screen, and what is pressed can be hit."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for button in await page.locator("main button, main .button").all():
        box = await button.bounding_box()
        assert box is not None and box["height"] >= LEAST_TARGET and box["x"] >= 0


async def background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_person_signs_in_and_lets_a_device_in_on_a_phone_without_javascript(
    team: TeamUp, tmp_path: Path, scheme: str
) -> None:
    options: dict[str, Any] = {
        "viewport": PHONE,
        "java_script_enabled": False,
        "color_scheme": scheme,
    }
    async with mailbox() as (box, settings), chromium(**options) as browser:
        loom = await team(mail=settings)
        await loom.sign_up("ann.with.a.rather.long.name@subdomain.acme.example")
        start = await started(loom, device_name="ann's-laptop-with-a-long-name.local")
        page, said = await browser.new_page(), []
        page.on("console", lambda line: said.append(line.text))

        async def looked_at(name: str) -> None:
            await fits(page)
            await page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

        await page.goto(f"{loom.url}/device?user_code={start['user_code']}")
        await looked_at("1-login")
        await page.get_by_label("E-mail").fill("ann.with.a.rather.long.name@subdomain.acme.example")
        await page.get_by_role("button", name="E-mail me a link").click()
        await looked_at("2-sent")
        await page.goto(loom.url + await box.link())
        await looked_at("3-confirm")
        assert "ann.with.a.rather" in await page.inner_text("main")
        await page.get_by_role("button", name="Sign in").click()
        # Back to what they were about to do.
        assert start["user_code"] in page.url
        await looked_at("4-device")
        assert "ann's-laptop" in await page.inner_text("main")
        await page.get_by_role("button", name="Approve").click()
        await looked_at("5-approved")
        assert "signed in" in await page.inner_text("h1")
        assert (await polled(loom, start["device_code"])).status == 200
        await page.goto(f"{loom.url}/account")
        await looked_at("6-account")
        assert (
            await background(page)
            == {"light": "rgb(246, 245, 241)", "dark": "rgb(20, 23, 26)"}[scheme]
        )
        await page.get_by_role("button", name="Sign out everywhere else").click()
        await page.goto(f"{loom.url}/nowhere")
        await looked_at("7-error")
        await page.goto(f"{loom.url}/account")
        await page.get_by_role("button", name="Sign out").first.click()
        assert page.url == f"{loom.url}/login"
        assert [line for line in said if "404" not in line] == []
