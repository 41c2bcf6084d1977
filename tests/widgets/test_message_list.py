"""The transcript: what each event shows, what is rendered, what keys do."""

import asyncio
import base64

import pytest
from textual.app import App

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
from loom.widgets.transcript.item import Item

DIFF = (
    "--- a/app.py\n+++ b/app.py\n@@ -7,5 +7,6 @@ def load(path):\n     text = read(path)\n"
    "-    if text == None:\n-        return\n+    if not text:\n+        return Config()\n"
    "+    # 空 is empty too\n     return parse(text)\n"
)
ANSWER = """\
## What was wrong

`load` returned **None** for an empty file; see [the docs](https://example.org/load).

1. Read the file
   - twice, when it was *locked*
2. Parse it

```python
def load(path: str) -> Config:
    return parse(read(path))  # never None
```

| case | before | after |
|:-----|-------:|------:|
| empty | None | Config |
| 漢字 | 3 | 3 |
"""


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


class TranscriptApp(App[None]):
    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.transcript = MessageList(clock=self.clock)
        self.animation_level = "none"

    def compose(self):
        yield self.transcript

    def on_mount(self):
        self.transcript.focus()


def user(text, message_id=""):
    return Message("user", (Text(text),), id=message_id)


def assistant(*blocks):
    return Message("assistant", tuple(blocks))


def results(*answers):
    return Message("user", answers)


async def drawn(pilot):
    """Wait until every change is on the screen."""
    async with asyncio.timeout(10):
        while not pilot.app.transcript.is_drawn:
            await pilot.pause(0.01)
    await pilot.pause()


async def screen(pilot):
    await drawn(pilot)
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.crop(0, strip.cell_length - 1).text.rstrip() for strip in strips)


@pytest.fixture
async def pilot():
    async with TranscriptApp().run_test(size=(60, 20)) as pilot:
        yield pilot


@pytest.fixture
def transcript(pilot):
    return pilot.app.transcript


async def test_a_thread_shows_every_kind_of_block(pilot, transcript):
    picture = Image("image/png", base64.b64encode(bytes(120_000)).decode())
    transcript.show(
        [
            Message("user", (Text("look"), picture)),
            assistant(Thinking("hm"), Text("I *see*"), ToolCall("c", "bash", {"command": "ls"})),
            results(ToolResult("c", (Text("a.py"),), duration_ms=1_200)),
        ]
    )
    shown = await screen(pilot)
    for piece in (
        "▌ look",
        "[image png 120 kB]",
        "▸ Thought",
        "I see",
        "✓ bash ls  1.2s",
        "│ a.py",
    ):
        assert piece in shown


async def test_a_stream_appears_as_it_comes(pilot, transcript):
    transcript.begin_stream()
    transcript.stream_text("Hello **wor")
    assert "Hello" in await screen(pilot)
    transcript.stream_text("ld**")
    assert "Hello world" in await screen(pilot)


async def test_a_mark_without_its_partner_is_not_shown_and_taken_back(pilot, transcript):
    for piece in ("A **bo", "ld** word", " and `co", "de`\nnext *"):
        transcript.stream_text(piece)
        assert not set("*`") & set(await screen(pilot))
    transcript.end_stream(assistant(Text("A **bold** word and `code`\nnext *")))
    assert "A bold word and code next *" in await screen(pilot)


async def test_a_table_is_never_shown_as_text_before_its_columns_are_known(pilot, transcript):
    table = "Two names:\n\n| name | what |\n|---|---|\n| a | one |\n| b | two |\n"
    for letter in table:
        transcript.stream_text(letter)
        assert "|" not in "".join(await screen(pilot))
    assert "name │ what" in await screen(pilot)
    transcript.stream_text("| c | th")
    assert "c    │ th" in await screen(pilot)


async def test_a_line_between_bars_is_shown_once_it_begins_no_table(pilot, transcript):
    transcript.stream_text("| one |\n")
    assert "one" not in await screen(pilot)
    transcript.stream_text("two")
    assert "| one | two" in await screen(pilot)


async def test_bars_in_streamed_code_are_shown_at_once(pilot, transcript):
    transcript.stream_text("```c\n| a")
    assert "| a" in await screen(pilot)


async def test_stars_in_streamed_code_are_shown_at_once(pilot, transcript):
    transcript.stream_text("```c\nint *")
    assert "int *" in await screen(pilot)


async def test_the_whole_message_keeps_the_item_that_was_streamed(pilot, transcript):
    transcript.stream_text("one\n\ntwo")
    (item,) = transcript.items
    transcript.end_stream(assistant(Text("one\n\ntwo")))
    assert transcript.items == [item]
    assert "two" in await screen(pilot)


async def test_a_message_that_differs_from_its_stream_wins(pilot, transcript):
    transcript.stream_text("half")
    transcript.end_stream(assistant(Text("whole")))
    shown = await screen(pilot)
    assert "whole" in shown
    assert "half" not in shown


async def test_a_discarded_stream_leaves_no_trace(pilot, transcript):
    transcript.add(user("hi"))
    transcript.stream_thinking("hm")
    transcript.stream_text("gone")
    transcript.tool_streaming("c", "bash", "{")
    transcript.discard_stream()
    assert len(transcript.items) == 1
    assert "gone" not in await screen(pilot)


async def test_a_new_attempt_takes_the_old_one_back(pilot, transcript):
    transcript.stream_text("first")
    transcript.begin_stream()
    transcript.stream_text("second")
    assert "first" not in await screen(pilot)


async def test_thinking_counts_its_seconds_and_folds(pilot, transcript):
    transcript.stream_thinking("deep thought")
    pilot.app.clock.seconds += 12
    transcript.stream_thinking(" goes on")
    assert "thinking … 12s" in await screen(pilot)
    transcript.stream_text("so")
    shown = await screen(pilot)
    assert "▸ Thought for 12s" in shown
    assert "deep thought" not in shown


async def test_a_tool_call_lives_from_its_first_argument_to_its_result(pilot, transcript):
    transcript.tool_streaming("c", "bash", '{"comm')
    assert "bash" in await screen(pilot)
    transcript.tool_streaming("c", "bash", 'and": "make"')
    assert "bash make" in await screen(pilot)
    transcript.end_stream(assistant(ToolCall("c", "bash", {"command": "make"})))
    assert "○ bash make" in await screen(pilot)
    transcript.permission_waiting("c")
    assert "‖ bash make  waits for you" in await screen(pilot)
    transcript.tool_started("c", "bash", "make test")
    pilot.app.clock.seconds += 3
    transcript.tool_output("c", "building\n")
    shown = await screen(pilot)
    assert "⠿ bash make test  3s" in shown
    assert "│ building" in shown
    transcript.tool_finished("c", ToolResult("c", (Text("built"),), duration_ms=3_400))
    assert "✓ bash make test  3.4s" in await screen(pilot)


async def test_a_call_that_is_written_says_its_file_and_how_many_lines_it_has_so_far(
    pilot, transcript
):
    for piece in ('{"path": "src/a', '.py", "content": "one\\ntwo\\n', 'three"'):
        transcript.tool_streaming("c", "write_file", piece)
    assert "write_file src/a.py  3 lines" in await screen(pilot)


async def test_a_finished_call_says_what_it_was_and_how_it_ended(pilot, transcript):
    transcript.tool_started("c", "bash", "bash make test")
    display = Display("command", "exit code 2", "boom")
    transcript.tool_finished("c", ToolResult("c", (), True, display, 3_400))
    assert "✗ bash make test  exit code 2  3.4s" in await screen(pilot)


async def test_a_failed_call_says_so(pilot, transcript):
    transcript.tool_finished("c", ToolResult("c", (Text("Error: no"),), is_error=True))
    assert "✗ tool" in await screen(pilot)


async def test_long_output_is_folded_to_its_last_lines_and_opens(pilot, transcript):
    output = "\n".join(f"row {number}" for number in range(12))
    transcript.tool_finished("c", ToolResult("c", (Text(output),)))
    shown = await screen(pilot)
    assert "⋯ 4 earlier lines" in shown
    assert "row 3\n" not in shown + "\n"
    await pilot.press("up", "enter")
    assert "row 3" in await screen(pilot)


async def test_what_is_folded_names_the_key_that_opens_it_while_the_cursor_is_there(
    pilot, transcript
):
    output = "\n".join(f"row {number}" for number in range(12))
    transcript.show([user("hi\n" * 30)])
    transcript.tool_finished("c", ToolResult("c", (Text(output),)))
    assert "opens" not in await screen(pilot)
    await pilot.press("up")
    assert "⋯ 4 earlier lines · Enter opens" in await screen(pilot)
    await pilot.press("up")
    assert "⋯ 10 more lines · Enter opens" in await screen(pilot)
    assert "opens" not in transcript.selected_text()
    await pilot.press("enter")
    assert "opens" not in await screen(pilot)


@pytest.mark.parametrize(("rows", "shown"), [(60, 24), (24, 12), (10, 8)])
async def test_a_folded_diff_takes_half_a_screen_at_most(pilot, transcript, rows, shown):
    body = "@@ -0,0 +1,40 @@\n" + "\n".join(f"+row {number}" for number in range(40))
    display = Display("diff", "+40 a.py", f"--- a/a.py\n+++ b/a.py\n{body}\n")
    transcript.tool_finished("c", ToolResult("c", (Text("edited"),), display=display))
    await pilot.resize_terminal(100, rows)
    await drawn(pilot)
    assert len(transcript._flow.lines_of(0)) == 1 + shown + 1


async def test_a_document_is_folded_to_its_first_lines(pilot, transcript):
    text = "\n".join(f"row {number}" for number in range(12))
    display = Display("text", "read_file app.py")
    transcript.tool_finished("c", ToolResult("c", (Text(text),), display=display))
    shown = await screen(pilot)
    assert "│ row 0" in shown
    assert "⋯ 4 more lines" in shown


async def test_opening_an_item_is_no_news(pilot, transcript):
    transcript.show([assistant(Thinking("because\n" * 30))])
    await drawn(pilot)
    await pilot.press("up", "enter")
    assert "↓ new" not in await screen(pilot)


async def test_output_cannot_steer_the_terminal(pilot, transcript):
    transcript.tool_output("c", "\x1b]0;evil\x07\x1b[2Jok\r\n\x00")
    shown = await screen(pilot)
    assert "│ ok" in shown
    assert "\x1b" not in shown
    assert "evil" not in shown


async def test_a_diff_is_shown_with_numbers(pilot, transcript):
    display = Display("diff", "edit_file app.py", DIFF)
    transcript.tool_finished("c", ToolResult("c", (Text("ok"),), display=display))
    shown = await screen(pilot)
    assert "✓ edit_file app.py" in shown
    assert "8 +     if not text:" in shown


async def test_a_shell_line_of_an_earlier_run_is_a_card(pilot, transcript):
    told = f"{RAN_IN_SHELL}ls /x\nexit code 2\nls: cannot access"
    transcript.show([Message("user", (Text(told),), "m")])
    shown = await screen(pilot)
    assert "✗ bash ls /x" in shown and "│ ls: cannot access" in shown
    assert "I ran this" not in shown


async def test_a_finished_call_says_its_subject_once(pilot, transcript):
    transcript.tool_started("c", "read_file", "read src/app.py")
    display = Display("text", "src/app.py: 24 lines", "one\ntwo")
    transcript.tool_finished("c", ToolResult("c", (Text("one"),), display=display))
    assert "✓ read_file src/app.py  24 lines" in await screen(pilot)


async def test_how_a_call_ended_is_whole_where_its_subject_is_cut(pilot, transcript):
    transcript.tool_started("c", "bash", "bash " + "x" * 200)
    display = Display("command", "exit code 2", "boom")
    transcript.tool_finished("c", ToolResult("c", (), True, display, 138))
    assert "x…  exit code 2  138ms\n" in await screen(pilot)


async def test_a_call_without_an_answer_was_interrupted(pilot, transcript):
    transcript.show([assistant(ToolCall("c", "bash", {"command": "ls"}))])
    assert "● bash ls  interrupted" in await screen(pilot)


async def test_a_call_id_used_again_is_another_call(pilot, transcript):
    for word in ("first", "second"):
        transcript.add(assistant(ToolCall("c", "bash", {"command": word})))
        transcript.add(results(ToolResult("c", (Text(f"{word} result"),))))
    shown = await screen(pilot)
    for piece in ("✓ bash first", "first result", "✓ bash second", "second result"):
        assert piece in shown


async def test_a_notice_has_its_hint(pilot, transcript):
    transcript.notice("The disk is full.", "error", "Free some space.")
    assert "✗ The disk is full.\n    Free some space." in await screen(pilot)


async def test_a_queued_message_moves_when_its_turn_comes(pilot, transcript):
    transcript.queued(user("next", "m1"))
    transcript.stream_text("answer")
    assert "queued for the next turn" in await screen(pilot)
    transcript.add(user("next", "m1"))
    shown = await screen(pilot)
    assert "queued" not in shown
    assert shown.index("answer") < shown.index("▌ next")


async def test_a_returned_queue_is_gone(pilot, transcript):
    transcript.queued(user("next", "m1"))
    transcript.drop_queue()
    assert transcript.items == []


async def test_compaction_is_a_rule_that_opens_to_the_summary(pilot, transcript):
    transcript.compaction("It was **long**.", 12)
    assert "a summary of 12 messages" in await screen(pilot)
    await pilot.press("up", "enter")
    assert "It was long." in await screen(pilot)


async def test_that_a_summary_is_being_made_is_said_until_it_is_there(pilot, transcript):
    transcript.compacting("Summarising …")
    assert "Summarising …" in await screen(pilot)
    transcript.compaction("It was long.", 12)
    shown = await screen(pilot)
    assert "Summarising …" not in shown and "a summary of 12 messages" in shown


async def test_a_summary_that_fails_is_no_longer_said_to_be_made(pilot, transcript):
    transcript.compacting("Summarising …")
    transcript.end_compacting()
    assert transcript.items == []


class Counting(Item):
    """An item that counts how often it is rendered."""

    rendered = 0

    def lines(self, page):
        type(self).rendered += 1
        return page.renderer.plain("line\n" * 5, page.width)


async def test_only_items_in_view_are_rendered(pilot, transcript):
    Counting.rendered = 0
    for _ in range(1_000):
        transcript.put(Counting())
    await drawn(pilot)
    assert 0 < Counting.rendered < 20


async def test_what_is_read_does_not_move_while_more_is_written(pilot, transcript):
    transcript.show([user(f"message {number}") for number in range(40)])
    await drawn(pilot)
    await pilot.press("pageup")
    before = await screen(pilot)
    transcript.stream_text("new words\n\n" * 50)
    after = await screen(pilot)
    assert before.split("\n")[:-1] == after.split("\n")[:-1]
    assert after.split("\n")[-1].endswith("↓ new")


async def test_what_is_read_does_not_move_when_an_item_above_grows(pilot, transcript):
    transcript.tool_started("c", "bash", "make")
    for number in range(40):
        transcript.add(user(f"message {number}"))
    await drawn(pilot)
    await pilot.press("pageup")
    before = await screen(pilot)
    transcript.tool_output("c", "one\ntwo\nthree\n")
    assert await screen(pilot) == before


async def test_scrolling_up_into_unseen_items_goes_line_by_line(pilot, transcript):
    transcript.show([assistant(Text(f"# {number}\n\n{ANSWER}")) for number in range(20)])
    await drawn(pilot)
    for _ in range(30):
        before = (await screen(pilot)).split("\n")
        transcript.action_scroll_lines(-1)
        after = (await screen(pilot)).split("\n")
        assert after[1:-1] == before[:-2]


async def test_a_resize_keeps_the_end_or_the_item_that_is_read(pilot, transcript):
    transcript.show([user(f"message {number} " + "word " * 30) for number in range(40)])
    await drawn(pilot)
    await pilot.resize_terminal(40, 12)
    assert "message 39" in (await screen(pilot)).replace("\n", " ")
    await pilot.press("pageup", "pageup")
    first = (await screen(pilot)).split("message ")[1].split()[0]
    await pilot.resize_terminal(70, 12)
    assert abs(int((await screen(pilot)).split("message ")[1].split()[0]) - int(first)) <= 1


async def test_the_cursor_copies_what_it_is_on(pilot, transcript):
    transcript.add(user("first"))
    transcript.add(user("second"))
    await drawn(pilot)
    await pilot.press("k", "k", "y")
    assert pilot.app.clipboard == "first"


async def test_the_cursor_shows_only_with_the_focus(pilot, transcript):
    transcript.notice("here")
    await drawn(pilot)
    await pilot.press("up")
    assert "▌ · here" in await screen(pilot)
    pilot.app.screen.set_focus(None)
    assert "▌" not in await screen(pilot)


async def test_a_click_on_the_first_line_opens(pilot, transcript):
    transcript.add(assistant(Thinking("because")))
    await drawn(pilot)
    await pilot.click(MessageList, offset=(5, 0))
    assert "because" in await screen(pilot)


async def test_the_spinner_runs_only_while_something_runs(pilot, transcript):
    assert transcript._spinner is None
    transcript.tool_started("c", "bash", "make")
    await drawn(pilot)
    assert transcript._spinner is not None
    transcript.tool_finished("c", ToolResult("c"))
    await drawn(pilot)
    assert transcript._spinner is None


async def test_selected_text_across_items_is_without_bars(pilot, transcript):
    transcript.add(user("first"))
    transcript.add(user("second"))
    await drawn(pilot)
    await pilot.mouse_down(MessageList, offset=(2, 0))
    await pilot.hover(MessageList, offset=(5, 2))
    await pilot.mouse_up(MessageList, offset=(5, 2))
    assert pilot.app.screen.get_selected_text() == "first\n\nseco"


async def test_clear_leaves_nothing(pilot, transcript):
    transcript.add(user("first"))
    transcript.clear()
    assert (await screen(pilot)).strip() == ""


async def test_an_old_thread_is_forgotten_by_a_new_one(pilot, transcript):
    transcript.show([user("old")])
    transcript.show([user("new")])
    shown = await screen(pilot)
    assert "new" in shown
    assert "old" not in shown


def turn():
    transcript = MessageList(clock=Clock())
    transcript.show(
        [
            user("The config loader fails on an empty file.\nPlease fix it."),
            assistant(
                Thinking("Read first."),
                Text("I will look at the loader first."),
                ToolCall("c1", "read_file", {"path": "app.py"}),
                ToolCall("c2", "bash", {"command": "pytest -q"}),
            ),
            results(
                ToolResult("c1", (Text("\n".join(f"{n:>3} line" for n in range(1, 13))),)),
                ToolResult("c2", (Text("E  assert None\n1 failed"),), True, None, 2_300),
            ),
            assistant(ToolCall("c3", "edit_file", {"path": "app.py"})),
            results(ToolResult("c3", (), False, Display("diff", "edit_file app.py", DIFF), 14)),
        ]
    )
    return transcript


async def until_drawn(pilot):
    transcript = pilot.app.query_one(MessageList)
    async with asyncio.timeout(10):
        while not transcript.is_drawn:
            await pilot.pause(0.01)


async def test_picture_of_a_turn_with_tools(snap):
    await snap(turn(), "message-list-tools", prepare=until_drawn)


async def test_picture_of_an_answer(snap):
    transcript = MessageList(clock=Clock())
    transcript.show([user("What was it?"), assistant(Text(ANSWER))])
    await snap(transcript, "message-list-answer", prepare=until_drawn)


async def test_picture_of_work_in_progress(snap):
    transcript = MessageList(clock=Clock())

    async def work(pilot):
        transcript.add(user("Run everything."))
        transcript.stream_thinking("Which first?")
        transcript.stream_text("Three at once:\n\n- tests\n- lint")
        transcript.tool_streaming("c0", "edit_file", '{"path": "app.py", "edits": [')
        transcript.tool_started("c1", "bash", "pytest -q")
        transcript.tool_output("c1", "........\n........ [ 42%]\n")
        transcript.tool_started("c2", "bash", "rm -rf build")
        transcript.permission_waiting("c2")
        transcript.notice("The provider is busy.", "warning", "Trying again in 5 s; Esc stops.")
        transcript.queued(user("And commit it.", "m1"))
        await until_drawn(pilot)

    await snap(transcript, "message-list-work", prepare=work)


async def test_picture_of_scrolling_back(snap):
    transcript = turn()

    async def scroll(pilot):
        await until_drawn(pilot)
        transcript.compaction("We fixed the loader.", 42)
        transcript.notice("Saved.", "info")
        await until_drawn(pilot)
        transcript.focus()
        transcript.action_scroll_lines(-9)
        await pilot.press("k", "k")
        transcript.notice("More came in below.\n" * 3)
        await until_drawn(pilot)

    await snap(transcript, "message-list-back", prepare=scroll)
