"""What is left of a conversation when whoever has a link reads it."""

from typing import Any

import pytest
from msgspec import json

from loom.api.shares import PAGE
from loom.core.history import MessageEntry, ToolResultEntry
from loom.core.messages import (
    Display,
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from loom.redact import Redactor
from loom.secrets import Secret
from loom.server.sharing.shown import MOST_TEXT, Curtain
from tests.server.sharing.conftest import Owner
from tests.server.threads.conftest import attached, said, shown

KEY = "sk-ant-REALKEY0123456789"
KNOWN = "a-password-of-the-server"


def curtain() -> Curtain:
    return Curtain(Redactor([Secret(KNOWN)]).redact)


def seen(*content: Any, result: ToolResult | None = None) -> str:
    """The JSON of a message of the model's with these blocks, and its tool's answer."""
    entries: list[Any] = [MessageEntry(Message("assistant", content))]
    entries += [ToolResultEntry(result)] if result else []
    return json.encode(curtain().messages(entries)).decode()


@pytest.mark.parametrize("secret", [KEY, KNOWN, "ghp_" + "a" * 36, f"Bearer {'t' * 30}"])
def test_a_secret_is_taken_out_of_everything_that_is_shown(secret: str) -> None:
    call = ToolCall("c1", "bash", {"command": f"curl -u {secret}", "more": [{"deep": secret}]})
    display = Display("command", f"ran {secret}", f"$ {secret}")
    answer = ToolResult("c1", (Text(f"out {secret}"),), display=display)
    text = seen(
        Text(f"Say {secret}"),
        Thinking(f"hm {secret}"),
        call,
        ToolCall("c2", f"odd {secret}", malformed=f"{{ {secret}"),
        ToolCall("c3", "x", {secret: 1}),
        result=answer,
    )
    assert secret.removeprefix("Bearer ") not in text
    assert text.count("REDACTED") >= 9


def test_colours_and_overwriting_do_not_hide_a_secret() -> None:
    output = f"key: {KEY[:9]}\x1b[1m{KEY[9:]}\x1b[0m\rxx\x08"
    display = Display("command", body=output)
    answer = ToolResult("c1", (Text(output),), display=display)
    text = seen(ToolCall("c1", "bash"), result=answer)
    assert "REALKEY" not in text
    assert "\\u001b" not in text


def test_what_stands_under_a_name_of_secrets_is_one() -> None:
    headers = {"Authorization": "zzz-unknown-shape", "x-api-key": "yyy-unknown-shape"}
    text = seen(ToolCall("c1", "fetch", {"headers": headers, "url": "https://example.com"}))
    assert "unknown-shape" not in text
    assert "https://example.com" in text


def test_images_opaque_blocks_and_signatures_are_left_out() -> None:
    text = seen(
        Image("image/png", "QUJD"),
        Opaque("anthropic", {"data": "opaque-data"}),
        Thinking("aloud", "signed-with", "anthropic"),
        ToolCall("c1", "x", signature="thought-signature"),
    )
    assert "image/png" in text
    assert "aloud" in text
    for hidden in ("QUJD", "opaque-data", "signed-with", "thought-signature"):
        assert hidden not in text


def test_marks_that_turn_text_round_and_control_characters_are_made_visible() -> None:
    text = seen(Text("a\u202eb\u2066c\x00d\x1b[31m"))
    assert not any(mark in text for mark in ("\u202e", "\u2066", "\\u0000", "\\u001b"))


def test_what_is_too_long_or_too_deep_is_cut() -> None:
    deep: Any = "bottom"
    for _ in range(300):
        deep = {"in": deep}
    wide = {str(number): "x" for number in range(MOST_TEXT)}
    text = seen(Text("y" * 3 * MOST_TEXT), ToolCall("c", "x", deep), ToolCall("d", "x", wide))
    assert len(text) < 3 * MOST_TEXT
    assert "too long to be shown" in text
    assert "bottom" not in text


async def test_a_long_thread_comes_in_parts_without_gaps_or_repeats(alice: Owner) -> None:
    texts = [f"number {number}" for number in range(2 * PAGE + 7)]
    await alice.desk.write(*texts)
    link, found, after = await alice.link(), [], 0
    for _ in range(3):
        part = (await alice.seen(f"{link}?after={after}")).json()
        found += [message["content"][0]["text"] for message in part["messages"]]
        after = part["next"]
    assert (found, after) == (texts, None)


async def test_a_call_and_its_answers_are_in_one_part(alice: Owner) -> None:
    content = [{"type": "tool_use", "id": f"c{n}", "name": "x", "input": {}} for n in range(5)]
    asking = {"type": "message", "message": {"role": "assistant", "content": content}}
    answers = [
        {"type": "tool_result", "result": {"tool_use_id": f"c{n}", "content": []}} for n in range(5)
    ]
    entries = [*(said("x") for _ in range(PAGE - 1)), asking, *answers, said("after")]
    await alice.desk.write(entries=entries)
    link = await alice.link()
    first = (await alice.seen(link)).json()
    second = (await alice.seen(f"{link}?after={first['next']}")).json()
    assert [block["tool_use_id"] for block in first["messages"][-1]["content"]] == [
        f"c{n}" for n in range(5)
    ]
    assert [message["content"][0]["text"] for message in second["messages"]] == ["after"]


@pytest.mark.parametrize("after", ["-1", "x", str(10**30), "1000"])
async def test_a_place_beyond_the_end_or_none_breaks_nothing(alice: Owner, after: str) -> None:
    await alice.desk.write("Hello")
    answer = await alice.seen(f"{await alice.link()}?after={after}")
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert (answer.json()["messages"], answer.json()["next"]) == ([], None)


async def test_an_image_of_a_thread_is_not_sent(alice: Owner) -> None:
    pixel = b"\x89PNG, or nearly"
    await alice.desk.write(entries=[shown(pixel)], attachments=[attached(pixel)])
    body = (await alice.seen(await alice.link())).body
    assert b"image/png" in body
    assert b"PNG, or nearly" not in body
    assert attached(pixel)["data"].encode() not in body
