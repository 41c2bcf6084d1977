"""Selecting in the transcript: by the mouse, by a caret; what stays where it is, what is copied."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loom.core.messages import Text, ToolResult
from loom.markup.ink import Inks
from loom.markup.render import Renderer
from loom.widgets.message_list import MessageList
from loom.widgets.transcript.flow import Flow
from loom.widgets.transcript.item import Page
from loom.widgets.transcript.spots import Spot, Spots
from loom.widgets.transcript.talk import AnswerItem, PersonItem
from tests.widgets.test_message_list import (
    ANSWER,
    Clock,
    TranscriptApp,
    assistant,
    drawn,
    screen,
    until_drawn,
    user,
)

PROSE = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
MIXED = (
    f"# Title\n\n{PROSE}\n\n- item *one*\n- item two\n\n```py\nx  =  1\n\ny = 2\n```\n\nThe end."
)


@pytest.fixture
async def pilot():
    async with TranscriptApp().run_test(size=(40, 14)) as pilot:
        yield pilot


@pytest.fixture
def transcript(pilot):
    return pilot.app.transcript


async def drag(pilot, start, end):
    await pilot.mouse_down(MessageList, offset=start)
    await pilot.hover(MessageList, offset=end)
    await pilot.mouse_up(MessageList, offset=end)


async def test_a_drag_across_messages_copies_prose_without_our_line_breaks(pilot, transcript):
    transcript.add(user("ask this"))
    transcript.add(assistant(Text(PROSE)))
    transcript.add(user("and that"))
    await drawn(pilot)
    await drag(pilot, (2, 0), (4, 6))
    assert pilot.app.screen.get_selected_text() == f"ask this\n\n{PROSE}\n\nand"


async def test_a_selection_stays_on_its_words_while_more_is_written(pilot, transcript):
    transcript.add(user("first words"))
    transcript.begin_stream()
    await drawn(pilot)
    await drag(pilot, (8, 0), (12, 0))
    for _ in range(30):
        transcript.stream_text("more and more\n\n")
        await drawn(pilot)
    assert transcript.selected_text() == "words"
    assert transcript.text_selection.start.y == 0


async def test_a_selection_stays_when_lines_above_are_rendered_for_the_first_time(
    pilot, transcript
):
    for number in range(60):
        transcript.add(assistant(Text(f"{number} {'a' * 30} " * 7)))
    transcript.add(user("select me"))
    await drawn(pilot)
    await drag(pilot, (2, 13), (7, 13))
    chosen, line = transcript.selected_text(), transcript.text_selection.start.y
    transcript.go_to(0)
    for _ in range(60):
        transcript.action_scroll_pages(1)
    assert transcript.text_selection.start.y != line
    assert transcript.selected_text() == chosen == "select"


async def test_a_selection_is_on_the_same_words_after_a_resize(pilot, transcript):
    transcript.add(assistant(Text(PROSE)))
    await drawn(pilot)
    await drag(pilot, (2, 1), (6, 1))
    chosen = transcript.selected_text()
    for width in (25, 60, 33, 40):
        await pilot.resize_terminal(width, 14)
        await drawn(pilot)
        assert transcript.selected_text() == chosen


async def test_a_drag_beyond_the_edge_scrolls_on(pilot, transcript):
    for number in range(30):
        transcript.add(user(f"message {number}"))
    await drawn(pilot)
    await pilot.mouse_down(MessageList, offset=(8, 13))
    event = await moved_above(pilot, transcript)
    assert transcript.text_selection.start.y == event
    assert transcript.selected_text().endswith("message")
    await pilot.mouse_up(MessageList, offset=(2, 0))
    assert transcript._edge_timer is None


async def moved_above(pilot, transcript):
    """Hold the mouse above the transcript until its first line is reached."""
    from textual import events

    inside = {"x": 2, "y": -3, "delta_x": 0, "delta_y": 0, "button": 1}
    keys = {"shift": False, "meta": False, "ctrl": False}
    transcript.post_message(events.MouseMove(transcript, **inside, **keys))
    while transcript.top > 0:
        await pilot.pause(0.02)
    await pilot.pause(0.1)
    return 0


async def test_a_click_ends_a_selection(pilot, transcript):
    transcript.add(user("first words"))
    await drawn(pilot)
    await drag(pilot, (2, 0), (6, 0))
    await pilot.click(MessageList, offset=(5, 0))
    assert transcript.selected_text() == ""


async def test_nothing_is_copied_by_selecting_alone(pilot, transcript):
    transcript.add(user("first words"))
    await drawn(pilot)
    await drag(pilot, (2, 0), (6, 0))
    assert pilot.app.clipboard == ""


async def test_two_clicks_select_a_word_and_three_the_item(pilot, transcript):
    transcript.add(user("see src/app.py:7 there\nsecond line"))
    await drawn(pilot)
    await pilot.click(MessageList, offset=(9, 0), times=2)
    assert transcript.selected_text() == "src/app.py:7"
    await pilot.click(MessageList, offset=(9, 0), times=3)
    assert transcript.selected_text() == "see src/app.py:7 there\nsecond line"


async def test_a_removed_item_takes_its_selection_along(pilot, transcript):
    transcript.begin_stream()
    transcript.stream_text("half an answer")
    await drawn(pilot)
    await drag(pilot, (2, 0), (6, 0))
    transcript.discard_stream()
    await drawn(pilot)
    assert transcript.selected_text() == "" and transcript.text_selection is None


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("v w y", "alpha b"),
        ("v e y", "alpha"),
        ("w v e e y", "beta gamma"),
        ("dollar_sign v b y", "gamma"),
        ("w v left left y", "a b"),
        ("l v dollar_sign y", "lpha beta gamma"),
        ("v j j 0 y", "alpha beta gamma\n\nd"),
        ("V j j y", "alpha beta gamma\n\ndelta"),
        ("G V g y", "alpha beta gamma\n\ndelta"),
        ("G dollar_sign v h h y", "lta"),
        ("v l v j y", ""),
        ("j j y", "delta"),
        ("v w enter", "alpha b"),
    ],
)
async def test_keys_move_select_and_copy(pilot, transcript, keys, text):
    transcript.add(user("alpha beta gamma"))
    transcript.add(user("delta"))
    await drawn(pilot)
    await pilot.press("k", "k", "v", *keys.split())
    assert pilot.app.clipboard == text
    assert transcript.caret is None and transcript.text_selection is None


async def test_the_caret_is_seen_and_esc_leaves(pilot, transcript):
    transcript.add(user("alpha"))
    await drawn(pilot)
    await pilot.press("v", "l")
    (cell,) = [s.text for s in transcript.render_lines(transcript.size.region)[0] if is_caret(s)]
    assert cell == "l"
    assert "copy mode" in await screen(pilot)
    await pilot.press("escape")
    assert "copy mode" not in await screen(pilot)


def is_caret(segment):
    return bool(segment.style and segment.style.reverse)


async def test_the_view_stands_still_in_copy_mode_and_follows_again_after_it(pilot, transcript):
    for number in range(30):
        transcript.add(user(f"message {number}"))
    transcript.begin_stream()
    await drawn(pilot)
    await pilot.press("v")
    top = transcript.top
    transcript.stream_text("more\n\n" * 20)
    await drawn(pilot)
    assert transcript.top == top
    await pilot.press("G", "escape")
    assert transcript.follows


async def test_the_caret_goes_through_items_that_were_never_seen(pilot, transcript):
    for number in range(100):
        transcript.add(assistant(Text(f"{number} {'a' * 30} " * 3)))
    await drawn(pilot)
    await pilot.press("v", "g", *("j",) * 12)
    assert transcript.top <= transcript._spots.line_of(transcript.caret)
    assert transcript._spots.line_of(transcript.caret) < transcript.top + transcript.size.height
    await pilot.press("G", "V", "y")
    assert pilot.app.clipboard.endswith("a" * 30)


async def test_a_part_of_an_answer_is_copied_as_the_markdown_of_its_blocks(pilot, transcript):
    transcript.add(assistant(Text(MIXED)))
    await drawn(pilot)
    await pilot.press("k", "v", "g", "j", "j", "V", "Y")
    assert pilot.app.clipboard == PROSE
    await pilot.press("v", "g", "V", "G", "Y")
    assert pilot.app.clipboard == MIXED


async def test_a_tools_output_is_copied_without_its_border_and_folding(pilot, transcript):
    transcript.tool_started("c", "bash", "make")
    output = "\n".join(f"line {number}" for number in range(12))
    transcript.tool_finished("c", ToolResult("c", (Text(output),)))
    await drawn(pilot)
    await pilot.press("v", "g", "V", "G", "y")
    assert pilot.app.clipboard.split("\n") == ["bash make", *(f"line {n}" for n in range(4, 12))]


WIDTHS = st.integers(20, 120)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([PROSE, MIXED, "漢字" * 20, "> a\n> b"]), min_size=1), WIDTHS)
def test_what_is_copied_of_all_is_the_same_at_every_width(texts, width):
    def whole(cells):
        flow = flow_of(texts, cells)
        spots = Spots(flow)
        return spots.copied((spots.first(), spots.whole(flow.items[-1])[1]))

    assert whole(width) == whole(200)


@settings(deadline=None, max_examples=60)
@given(WIDTHS, WIDTHS, st.data())
def test_a_spot_is_on_the_same_word_at_another_width(width, other, data):
    before, after = Spots(flow_of([MIXED], width)), Spots(flow_of([MIXED], other))
    item = before._flow.items[0]
    line = data.draw(st.integers(0, before.whole(item)[1].line))
    text = before.text(Spot(item, line, 0))
    column = data.draw(st.integers(0, max(0, len(text) - 1)))
    spot = Spot(item, line, column)
    weight = before.weight(spot)
    found = after.weighing(after._flow.items[0], weight)
    assert after.weight(found) == weight


def flow_of(texts, width):
    flow = Flow()
    flow.turn(Page(width, Renderer(Inks({})), 0.0, ""))
    for text in texts:
        flow.append(AnswerItem(text))
    flow.append(PersonItem("end"))
    return flow


async def test_picture_of_copy_mode(snap):
    transcript = MessageList(clock=Clock())
    transcript.show([user("What was it?"), assistant(Text(ANSWER))])

    async def select(pilot):
        await until_drawn(pilot)
        transcript.focus()
        await pilot.press("v", "g", "j", "j", "w", "v", "j", "j", "e", "e")

    await snap(transcript, "message-list-copy-mode", prepare=select)


async def test_picture_of_the_code_that_c_copies(snap):
    transcript = MessageList(clock=Clock())
    transcript.show([user("What was it?"), assistant(Text(ANSWER))])

    async def choose(pilot):
        await until_drawn(pilot)
        transcript.focus()
        await pilot.press("k")
        await pilot.pause()

    await snap(transcript, "message-list-code", prepare=choose)
