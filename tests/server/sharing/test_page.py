"""The page of a shared thread, in a real Chromium."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright

from loom.api.shares import PAGE
from tests.e2e.browser import FLAGS
from tests.server.sharing.conftest import Owner
from tests.server.sharing.hostile import DIFF, PAYLOADS
from tests.server.threads.conftest import said

PICTURES = os.environ.get("LOOM_PICTURES", "")
"""A folder for screenshots, to be looked at."""

CODE = """Here is **how**, in `main.py`:

```python
@cache
def greet(name: str, times: int = 3) -> None:
    # Says it again and again.
    print("Hello " * times, name)
```

1. First, see [the manual](https://docs.example.com/intro).
2. Then ~~guess~~ *measure*:

| what | ms |
|---|---|
| before | 41 |
| after | 7 |

> Measure twice, cut once.

- [x] read
- [ ] write
"""
CHANGE = "--- a/main.py\n+++ b/main.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1\n+    return 2\n"


def message(role: str, *content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "message", "message": {"role": role, "content": content, **fields}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def call(call_id: str, name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def answer(call_id: str, words: str, **display: Any) -> dict[str, Any]:
    result = {"tool_use_id": call_id, "content": [text(words)], "display": display or None}
    return {"type": "tool_result", "result": result}


EXAMPLE = [
    message("user", text("Make `f` return 2, please."), created_at=1_790_000_000_000),
    message(
        "assistant",
        {"type": "thinking", "text": "The person wants another number."},
        text("I look at it and change it."),
        call("c1", "edit_file", path="main.py", old="return 1", new="return 2"),
        call("c2", "bash", command="pytest -q"),
        created_at=1_790_000_003_000,
    ),
    answer("c1", "done", kind="diff", summary="main.py", body=CHANGE),
    answer("c2", "\x1b[32m1 passed\x1b[0m in 0.1s", kind="command", summary="pytest -q"),
    message("assistant", text(CODE), created_at=1_790_000_009_000),
]


@dataclass
class Visit:
    """A page, and whatever it did besides being shown."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@asynccontextmanager
async def chromium(**options: Any) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield await browser.new_context(**options)
        await browser.close()


async def visit(context: BrowserContext, url: str) -> Visit:
    found = Visit(await context.new_page())
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.on("console", lambda line: found.said.append(line.text))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.on("dialog", lambda dialog: found.said.append(f"dialog {dialog.message}"))
    await found.page.goto(url)
    return found


async def address(alice: Owner, *entries: dict[str, Any], **fields: Any) -> str:
    """Of the page of a thread with these entries."""
    made = await alice.desk.write(entries=list(entries), **fields)
    assert made.status == 201, made.body
    return alice.team.url + (await alice.link()).replace("/api/threads/", "/shared/").replace(
        "/share/", "/"
    )


def hostile() -> list[dict[str, Any]]:
    """Every payload in every place where text of others is shown."""
    entries: list[dict[str, Any]] = []
    for number, payload in enumerate(PAYLOADS):
        call_id = f"c{number}{payload}"
        thinking, given = {"type": "thinking", "text": payload}, {payload: payload}
        entries += [
            message("user", text(payload)),
            message("assistant", text(payload), thinking, call(call_id, payload, **given)),
            answer(call_id, payload, kind="command", summary=payload, body=payload),
        ]
    diff = {"kind": "diff", "summary": DIFF, "body": DIFF}
    return [*entries, message("assistant", call("d", "edit")), answer("d", DIFF, **diff)]


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["as_it_is", "without_its_policy"])
async def test_nothing_that_is_written_in_a_thread_runs_loads_or_leads_away(
    alice: Owner, bypass_csp: bool
) -> None:
    url = await address(alice, *hostile(), title=PAYLOADS[0], model=PAYLOADS[1], provider="<b>")
    async with chromium(bypass_csp=bypass_csp) as context:
        after: str | None = url
        while after:
            seen = await visit(context, after)
            page = seen.page
            assert await page.evaluate("window.pwned") is None
            bad = "script, iframe, object, embed, img, svg, form, base, style, meta[http-equiv]"
            assert await page.locator(bad).count() == 0
            names = "e => e.flatMap(x => [...x.attributes].map(a => a.name))"
            used = set(await page.locator("main *").evaluate_all(names))
            assert used <= {"class", "href", "rel", "title", "start"}
            links = await page.locator("main a").evaluate_all("e => e.map(x => [x.href, x.rel])")
            for href, rel in links:
                assert href.startswith(("https://", "http://", "mailto:"))
                assert rel == "noopener noreferrer nofollow" or href.startswith(alice.team.url)
            assert all(each.startswith(alice.team.url) for each in seen.asked), seen.asked
            assert [words for words in seen.said if "Failed to load" not in words] == []
            assert page.url == after
            later = page.locator("nav a", has_text="Later").first
            after = await later.evaluate("e => e.href") if await later.count() else None


async def test_the_page_shows_the_conversation_and_folds_what_is_long(alice: Owner) -> None:
    url = await address(alice, *EXAMPLE, title="Two instead of one", model="claude-test")
    async with chromium() as context:
        page = (await visit(context, url)).page
        assert await page.title() == "Two instead of one · Loom"
        shown = await page.inner_text("main")
        assert "Make f return 2, please." in shown
        assert "claude-test" in shown
        assert "The person wants another number." not in shown
        assert await page.locator("article").count() == 3
        assert await page.locator("details").count() == 3
        await page.locator("summary", has_text="edit_file").click()
        assert "+    return 2" in await page.locator(".diff-add").inner_text()
        await page.locator("summary", has_text="bash").click()
        assert "1 passed in 0.1s" in await page.inner_text("main")
        keyword = page.locator("pre .keyword", has_text="def").first
        plain = page.locator("pre code").first
        colour = "e => getComputedStyle(e).color"
        assert await keyword.evaluate(colour) != await plain.evaluate(colour)
        assert await page.locator("th").all_inner_texts() == ["what", "ms"]
        assert await page.locator("main a[href='https://docs.example.com/intro']").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_read_on_a_phone_in_light_and_dark(alice: Owner, scheme: Any) -> None:
    long = "x" * 300
    wide = "| " + " | ".join(["column"] * 12) + " |\n" + "|---" * 12 + "|\n"
    entries = [*EXAMPLE, message("assistant", text(f"{long}\n\n```\n{long}\n```\n\n{wide}"))]
    url = await address(alice, *entries, title="Two instead of one, on a phone")
    view: Any = {"width": 360, "height": 740}
    async with chromium(viewport=view, color_scheme=scheme, java_script_enabled=True) as context:
        page = (await visit(context, url)).page
        for summary in await page.locator("summary").all():
            await summary.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, ground[4:-1].split(","))) > 380) == (scheme == "light")
        if PICTURES:
            await page.screenshot(path=str(Path(PICTURES, f"phone-{scheme}.png")), full_page=True)
            await page.set_viewport_size({"width": 1100, "height": 800})
            await page.screenshot(path=str(Path(PICTURES, f"desk-{scheme}.png")), full_page=True)


async def test_a_page_is_kept_by_nobody_and_tells_nobody_where_it_was(alice: Owner) -> None:
    url = await address(alice, said("Hello"))
    answered = await alice.seen(url.removeprefix(alice.team.url))
    headers = answered.headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy


async def test_a_wrong_link_is_a_page_that_tells_nothing(alice: Owner) -> None:
    url = await address(alice, said("Hello"), title="Secret plans")
    async with chromium() as context:
        seen = await visit(context, url[:-4] + "0000")
        assert await seen.page.title() == "Not found · Loom"
        assert "Secret" not in await seen.page.content()


async def test_entities_and_marks_do_not_hide_a_secret(alice: Owner) -> None:
    key = "sk-ant-REALKEY0123456789"
    entity = "".join(f"&#{ord(letter)};" for letter in key)
    split = f"sk-ant-**REALKEY**0123456789 [x](https://e.example/?token={key})"
    url = await address(alice, message("assistant", text(f"{entity}\n\n{split}\n\n    {key}")))
    async with chromium() as context:
        page = (await visit(context, url)).page
        assert "REALKEY" not in await page.inner_text("main")
        assert "REALKEY" not in await page.content()


async def test_a_thread_of_five_thousand_messages_is_read_page_by_page(alice: Owner) -> None:
    texts = [f"Message {number}\n\n{CODE}" for number in range(5_000)]
    path = (await address(alice, *map(said, texts))).removeprefix(alice.team.url)
    first = await alice.seen(path)
    last = await alice.seen(f"{path}?after={5_000 - PAGE}")
    assert first.body.count(b"<article") == last.body.count(b"<article") == PAGE
    assert b"Message 4999" in last.body
    assert f"?after={PAGE}".encode() in first.body
    assert b"Later" not in last.body
    assert len(first.body) < 1_000_000
