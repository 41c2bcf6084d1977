"""What a conversation looks like: one picture for each thing that can stand in it."""

import base64

import pytest

from loom.core.messages import (
    RAN_IN_SHELL,
    Display,
    Image,
    Message,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from loom.widgets.message_list import MessageList
from tests.widgets.test_message_list import Clock, assistant, results, until_drawn, user

REASON = (
    "The test feeds half of a two-byte character at the end of a chunk. The decoder is made anew "
    "for each chunk, so the first half is lost. One decoder for the whole stream keeps it."
)
FILE = "".join(f"{n:>2}      value_{n} = read(source, {n})\n" for n in range(1, 41))
LINES = "\n".join(f"tests/test_{n:02}.py::test_it_reads_what_was_written PASSED" for n in range(30))
LONG_DIFF = (
    "--- a/app.py\n+++ b/app.py\n@@ -1,30 +1,30 @@\n"
    + "".join(f"-before {n}\n" for n in range(1, 16))
    + "".join(f"+after {n}\n" for n in range(1, 16))
    + "".join(f" line {n}\n" for n in range(16, 31))
)
PROSE = (
    "A decoder that is made anew for each chunk forgets the half of a character it was given, and "
    "so the *second* half alone is not valid UTF-8: `decode` raises, or puts `\\ufffd` in its "
    "place. Keep **one** decoder for as long as the stream lasts, and ask it for the rest only "
    "when the stream has ended.\n\n"
    "> Text that was cut at any byte must read the same as text that was not cut.\n\n"
    "- The fix is one line in `parser.py`, and the test that failed now passes on all of the "
    "lengths from one byte to four, on both interpreters that we support.\n"
    "- Nothing else in the package makes a decoder.\n"
)
FAILED = Display(
    "command",
    "exit code 2",
    "Traceback (most recent call last):\nValueError: half a character",
)
ARABIC = "الملف `parser.py` يقرأ النص قطعة قطعة."
CHINESE = "解析器把文本一块一块地读进来。每一块都用新的解码器,所以跨块的字符会丢失一半。" * 2


@pytest.fixture
def transcript():
    return MessageList(clock=Clock())


def keyed(*keys):
    async def prepare(pilot):
        await until_drawn(pilot)
        pilot.app.query_one(MessageList).focus()
        await pilot.press(*keys)
        await until_drawn(pilot)

    return prepare


def call(call_id, name, **arguments):
    return ToolCall(call_id, name, arguments)


def finished(call_id, text="", display=None, ms=0, *, is_error=False):
    return ToolResult(call_id, (Text(text),), is_error, display, ms)


async def test_picture_of_nothing_said(snap, transcript):
    await snap(transcript, "message-list-empty")


async def test_picture_of_a_thought_under_way(snap, transcript):
    async def think(pilot):
        transcript.add(user("Why does it fail?"))
        transcript.stream_thinking(REASON)
        transcript._clock.seconds += 12
        await until_drawn(pilot)

    await snap(transcript, "message-list-thinking", prepare=think)


async def test_picture_of_a_thought_that_was_opened(snap, transcript):
    transcript.show([user("Why?"), assistant(Thinking(REASON), Text("Half a character is lost."))])
    await snap(transcript, "message-list-thought-open", prepare=keyed("up", "up", "enter"))


async def test_picture_of_prose(snap, transcript):
    transcript.show([user("Explain it to me, please."), assistant(Text(PROSE))])
    await snap(transcript, "message-list-prose", prepare=until_drawn)


async def test_picture_of_right_to_left_and_wide_text(snap, transcript):
    transcript.show(
        [user("اشرح لي الخطأ"), assistant(Text(f"{ARABIC}\n\n{CHINESE}\n\nעברית: abc 123 🎉"))]
    )
    await snap(transcript, "message-list-scripts", prepare=until_drawn)


async def test_picture_of_a_long_message_folded(snap, transcript):
    transcript.show([user("\n".join(f"log line {n}" for n in range(60))), assistant(Text("Long."))])
    await snap(transcript, "message-list-message-folded", prepare=keyed("up", "up"))


async def test_picture_of_a_refused_and_a_failed_call(snap, transcript):
    transcript.show(
        [
            assistant(
                call("c1", "bash", command="rm -rf build"), call("c2", "bash", command="make test")
            ),
            results(
                finished(
                    "c1",
                    "Error: the person refused this call and said: use make clean",
                    Display("text", body="You refused this call: use make clean"),
                    is_error=True,
                ),
                finished("c2", FAILED.body, FAILED, 71_300, is_error=True),
            ),
        ]
    )
    await snap(transcript, "message-list-failed", prepare=until_drawn)


async def test_picture_of_a_turn_that_loom_ended_in(snap, transcript):
    transcript.show([user("Run it."), assistant(Text("Now:"), call("c", "bash", command="make"))])
    transcript.notice(
        "Loom was stopped in the middle of the last turn. These had begun and were not run "
        "again: bash.",
        "warning",
        "Say “continue” to go on.",
    )
    await snap(transcript, "message-list-interrupted", prepare=until_drawn)


async def test_picture_of_documents_folded(snap, transcript):
    plan = "✓ Read the failing test\n◐ Find where half a character is lost\n○ Keep the tail"
    transcript.show(
        [
            assistant(
                call("c1", "read_file", path="src/app.py"),
                call("c2", "todo"),
                call("c3", "task", description="find every caller of parse"),
            ),
            results(
                finished("c1", FILE, Display("text", "src/app.py: 40 lines", FILE), 4),
                finished("c2", plan, Display("todo", "plan: 1 of 3 done", plan)),
                finished(
                    "c3",
                    "Seven callers.",
                    Display("text", "task find every caller of parse", "Seven callers."),
                    42_000,
                ),
            ),
        ]
    )
    await snap(transcript, "message-list-documents", prepare=until_drawn)


def long_run(transcript):
    transcript.show(
        [
            assistant(call("c", "bash", command="python -m pytest -v tests/test_parser.py")),
            results(finished("c", LINES, Display("command", "exit code 0", LINES), 3_400)),
        ]
    )
    return transcript


async def test_picture_of_long_output_folded(snap, transcript):
    await snap(long_run(transcript), "message-list-output", prepare=keyed("up"))


async def test_picture_of_long_output_opened(snap, transcript):
    await snap(long_run(transcript), "message-list-output-open", prepare=keyed("up", "enter"))


async def test_picture_of_a_long_diff(snap, transcript):
    transcript.show(
        [
            assistant(call("c", "edit_file", path="app.py")),
            results(finished("c", "", Display("diff", "+15 −15 app.py", LONG_DIFF), 12)),
        ]
    )
    await snap(transcript, "message-list-diff", prepare=until_drawn)


async def test_picture_of_images(snap, transcript):
    image = Image("image/png", base64.b64encode(bytes(90_000)).decode())
    transcript.show(
        [
            Message("user", (Text("What is wrong in this picture?"), image)),
            assistant(call("c", "read_file", path="docs/screen.png")),
            results(
                ToolResult("c", (Text("docs/screen.png: image/png, 90,000 bytes"), image), False)
            ),
        ]
    )
    await snap(transcript, "message-list-images", prepare=until_drawn)


async def test_picture_of_a_shell_line(snap, transcript):
    told = f"{RAN_IN_SHELL}git status --short\n M parser.py\n?? notes.md"
    transcript.show([Message("user", (Text(told),), "m-1"), user("Commit the first only.")])
    await snap(transcript, "message-list-shell", prepare=until_drawn)


async def test_picture_of_every_kind_of_notice(snap, transcript):
    transcript.add(user("Go on."))
    transcript.notice("Stopped.")
    transcript.notice("The provider is busy (429).", "warning", "Trying again; Esc stops.")
    transcript.notice(
        "The request was refused: the model claude-opus does not exist (request 7f3a9c)",
        "error",
        "Say “continue” to try again; Ctrl+O has more models.",
    )
    transcript.notice("There is no command /modle.", "info", "Did you mean /model?")
    await snap(transcript, "message-list-notices", prepare=until_drawn)


def compacted(transcript):
    transcript.show([user("Fix the parser."), assistant(Text("Done."))])
    transcript.compacting("The context window is nearly full: summarising the conversation …")
    transcript.compaction("The parser lost half a character; **one decoder** now keeps it.", 42)
    transcript.add(user("And the writer?"))
    return transcript


async def test_picture_of_a_compaction(snap, transcript):
    await snap(compacted(transcript), "message-list-compacted", prepare=until_drawn)


async def test_picture_of_a_compaction_opened(snap, transcript):
    opened = keyed("up", "up", "enter")
    await snap(compacted(transcript), "message-list-compacted-open", prepare=opened)


async def test_picture_of_a_mouse_selection(snap, transcript):
    transcript.show([user("Explain it."), assistant(Text(PROSE))])

    async def drag(pilot):
        await until_drawn(pilot)
        await pilot.mouse_down(MessageList, offset=(6, 2))
        await pilot.hover(MessageList, offset=(30, 4))
        await pilot.mouse_up(MessageList, offset=(30, 4))
        await pilot.pause()

    await snap(transcript, "message-list-selected", prepare=drag)
