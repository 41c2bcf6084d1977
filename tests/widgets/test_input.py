import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from loom.core.fuzzy import rank
from loom.widgets.completion import Choice, Row
from loom.widgets.input import PromptInput
from loom.widgets.prompt_area import PromptArea
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

FILES = ("README.md", "cache/store.py", "cache/tests/test_store.py", "docs/a b.md", "src/")
COMMANDS = (
    Choice("help", "What all the keys and commands do"),
    Choice("compact", "Summarise the conversation so far"),
    Choice("model", "Choose another model"),
)
LONG = "\n".join(f"line {number}" for number in range(120))


async def files(query: str) -> AsyncIterator[list[Row]]:
    yield [Row(Choice(path), fit.positions) for path, fit in rank(query, FILES, str)]


def prompt(**more: object) -> PromptInput:
    return PromptInput(
        complete_files=files,
        complete_threads=lambda _: [Choice("T-1", "yesterday", "Fix the parser")],
        commands=COMMANDS,
        **more,  # type: ignore[arg-type]  # the other arguments of the constructor
    )


class Desk(Gallery):
    """An input at the foot of the screen, and what it says."""

    def __init__(self, subject: PromptInput) -> None:
        super().__init__(subject)
        self.input = subject
        self.sent: list[str] = []
        self.attached: tuple[Path, ...] = ()

    def compose(self) -> ComposeResult:
        paper = Static("The conversation stands here.\n" * 40)
        paper.styles.height = "1fr"
        yield paper
        yield self.input

    def on_ready(self) -> None:
        self.input.focus_text()

    def on_prompt_input_submitted(self, event: PromptInput.Submitted) -> None:
        self.sent.append(event.text)
        self.attached = event.attachments

    def on_prompt_input_cancelled(self) -> None:
        self.sent.append("cancelled")


@asynccontextmanager
async def desk(subject: PromptInput | None = None) -> AsyncIterator[tuple[Desk, Pilot[None]]]:
    app = Desk(subject or prompt())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield app, pilot


async def paste(app: Desk, pilot: Pilot[None], text: str) -> None:
    app.post_message(events.Paste(text))
    await pilot.pause()


async def settle(app: Desk, pilot: Pilot[None]) -> None:
    await app.workers.wait_for_complete()
    await pilot.pause()


async def test_empty_input(snap: Snap) -> None:
    await snap(Desk(prompt()), "input")


async def test_input_with_several_lines_and_a_chip(snap: Snap) -> None:
    async def fill(pilot: Pilot[None]) -> None:
        await paste(pilot.app, pilot, LONG)  # type: ignore[arg-type]  # the app is the Desk below
        await pilot.press("shift+enter", "W", "h", "y")

    await snap(Desk(prompt()), "input-lines", prepare=fill)


async def test_input_grows_to_a_third_of_the_screen(snap: Snap) -> None:
    subject = prompt()
    await snap(Desk(subject), "input-tall", prepare=lambda _: subject.set_text("line\n" * 30))


async def test_shell_line(snap: Snap) -> None:
    await snap(Desk(prompt()), "input-shell", keys=["!", "l", "s"])


async def test_file_completions(snap: Snap) -> None:
    await snap(Desk(prompt()), "input-files", keys=["@", "s", "t", "o", "down"])


async def test_command_completions(snap: Snap) -> None:
    await snap(Desk(prompt()), "input-commands", keys=["/"])


async def test_thread_completions(snap: Snap) -> None:
    await snap(Desk(prompt()), "input-threads", keys=["#", "p", "a"])


async def test_a_file_that_is_none(snap: Snap) -> None:
    await snap(Desk(prompt()), "input-no-file", keys=["@", "z", "z"])


async def test_input_with_attachments(snap: Snap) -> None:
    subject = prompt()

    async def attach(pilot: Pilot[None]) -> None:
        subject.attach(Path("/home/ann/screen.png"))
        subject.attach(Path("/home/ann/the other.jpg"))
        await pilot.press(*"why")

    await snap(Desk(subject), "input-attachments", prepare=attach)


async def test_input_with_a_long_line(snap: Snap) -> None:
    subject = prompt()
    text = "The config loader fails on an empty file, and only on the second read. " * 4
    await snap(Desk(subject), "input-long", prepare=lambda _: subject.set_text(text))


async def test_input_in_other_scripts(snap: Snap) -> None:
    subject = prompt()
    text = "اشرح لي الخطأ في parser.py\n解析器把文本一块一块地读进来 🎉"
    await snap(Desk(subject), "input-scripts", prepare=lambda _: subject.set_text(text))


async def test_input_with_a_selection(snap: Snap) -> None:
    subject = prompt(history=["fix the parser and run its tests"])
    keys = ["up", *["ctrl+shift+left"] * 3]
    await snap(Desk(subject), "input-selected", keys=keys)


async def test_the_marker_says_that_there_is_more_above() -> None:
    async with desk() as (app, pilot):
        app.input.set_text("line\n" * 30)
        await pilot.pause()
        assert "↑ line" in shown(app) and "› " not in shown(app)
        await pilot.press(*["pageup"] * 6)
        assert "› line" in shown(app)


async def test_a_shell_line_has_one_sign() -> None:
    async with desk() as (app, pilot):
        await pilot.press(*"!ls")
        assert "› !ls" in shown(app)


async def test_a_chip_has_an_ink_of_its_own() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("see ")
        await paste(app, pilot, LONG)
        ink = app.query_one(PromptArea).get_component_rich_style("prompt-area--chip")
        strip = app.query_one(PromptArea).render_line(0)
        inked = [text for text, style, _ in strip if style and style.color == ink.color]
        assert inked == ["[pasted 120 lines]"]


async def test_that_no_file_matches_is_said_until_the_word_is_another() -> None:
    async with desk() as (app, pilot):
        await pilot.press(*"@zz")
        await settle(app, pilot)
        assert "No file matches" in shown(app)
        await pilot.press("escape")
        assert "No file matches" not in shown(app) and not app.sent
        await pilot.press("backspace", "backspace")
        await settle(app, pilot)
        assert "No file matches" not in shown(app)
        await pilot.press(*"zz ")
        await settle(app, pilot)
        assert "No file matches" not in shown(app)


async def test_what_an_empty_field_says_is_cut_with_a_sign() -> None:
    async with desk() as (app, pilot):
        await pilot.resize_terminal(30, 24)
        await pilot.pause()
        assert "› Ask Loom to do something ·…" in shown(app)


def shown(app: Desk) -> str:
    return "\n".join(text_of(picture(app)))


def burst(app: Desk, *keys: str) -> None:
    """Keys that come all at once, as over a slow link."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_keys_that_come_at_once_keep_their_order() -> None:
    async with desk() as (app, pilot):
        burst(app, "a", "b", "backspace", "c", "ctrl+a", "d")
        await pilot.pause()
        assert app.input.text == "dac"


async def test_letters_right_behind_enter_stay_in_the_field() -> None:
    async with desk() as (app, pilot):
        burst(app, "a", "enter", "b")
        await pilot.pause()
        await settle(app, pilot)
        assert app.sent == ["a"]
        assert app.input.text == "b"


async def test_enter_sends_and_empties() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("hello")
        await pilot.press("enter")
        assert (app.sent, app.input.text) == (["hello"], "")


async def test_nothing_but_blanks_is_not_sent() -> None:
    async with desk() as (app, pilot):
        await pilot.press("space", "enter")
        assert app.sent == []


@pytest.mark.parametrize("keys", [["shift+enter"], ["ctrl+j"], ["backslash", "enter"]])
async def test_new_lines(keys: list[str]) -> None:
    async with desk() as (app, pilot):
        await pilot.press("a", *keys, "b", "enter")
        assert app.sent == ["a\nb"]


async def test_escape_asks_to_stop_and_keeps_the_text() -> None:
    async with desk() as (app, pilot):
        await pilot.press("a", "escape")
        assert (app.sent, app.input.text) == (["cancelled"], "a")


async def test_up_recalls_and_down_returns_to_the_draft() -> None:
    async with desk(prompt(history=["first", "second"])) as (app, pilot):
        seen = []
        for keys in (["d", "up"], ["up"], ["up"], ["down"], ["down"], ["down"]):
            await pilot.press(*keys)
            seen.append(app.input.text)
        assert seen == ["second", "first", "first", "second", "d", "d"]


async def test_up_moves_within_the_text_first() -> None:
    async with desk(prompt(history=["old"])) as (app, pilot):
        await pilot.press("a", "ctrl+j", "b", "up")
        assert app.input.text == "a\nb"


async def test_a_sent_text_can_be_recalled_with_its_pastes() -> None:
    async with desk() as (app, pilot):
        await paste(app, pilot, LONG)
        await pilot.press("enter", "up")
        assert app.sent == [LONG] and app.input.text == LONG


async def test_a_long_paste_is_a_chip_until_it_is_sent() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("see ")
        await paste(app, pilot, LONG)
        assert app.query_one(PromptArea).text == "see [pasted 120 lines]"
        await pilot.press("enter")
        assert app.sent == [f"see {LONG}"]


async def test_backspace_takes_a_chip_as_a_whole() -> None:
    async with desk() as (app, pilot):
        await paste(app, pilot, LONG)
        await pilot.press("backspace")
        assert app.input.text == ""


async def test_a_short_paste_stays_text_and_is_not_sent() -> None:
    async with desk() as (app, pilot):
        await paste(app, pilot, "two\r\nlines")
        assert (app.input.text, app.sent) == ("two\nlines", [])


async def test_the_path_of_an_image_becomes_an_attachment(tmp_path: Path) -> None:
    picture = tmp_path / "shot 1.png"
    picture.write_bytes(b"\x89PNG")
    async with desk() as (app, pilot):
        await paste(app, pilot, f"'{picture}'")
        await pilot.press("enter")
        assert app.sent == ["[image shot 1.png] "]
        assert app.attached == (picture,)


async def test_a_file_is_completed() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("see @tsto")
        await settle(app, pilot)
        await pilot.press("enter", "enter")
        assert app.sent == ["see @cache/tests/test_store.py "]


async def test_a_folder_stays_open() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("@src")
        await settle(app, pilot)
        await pilot.press("tab")
        assert app.input.text == "@src/"


async def test_a_name_with_a_blank_is_quoted() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("@doc")
        await settle(app, pilot)
        await pilot.press("tab")
        assert app.input.text == '@"docs/a b.md" '


async def test_an_async_completer_is_awaited_and_a_slow_one_holds_up_nothing() -> None:
    asked = asyncio.Event()

    async def slowly(prefix: str) -> AsyncIterator[list[Row]]:
        if prefix == "":
            asked.set()
            await asyncio.Event().wait()
        yield [Row(Choice("found.py"))]

    async with desk(PromptInput(complete_files=slowly)) as (app, pilot):
        await pilot.press("@")
        await asyncio.wait_for(asked.wait(), 5)
        await pilot.press("f")
        await settle(app, pilot)
        await pilot.press("tab")
        assert app.input.text == "@found.py "


async def test_better_rows_leave_the_cursor_on_its_choice() -> None:
    better = asyncio.Event()

    async def twice(prefix: str) -> AsyncIterator[list[Row]]:
        yield [Row(Choice("a.py")), Row(Choice("b.py"))]
        await better.wait()
        yield [Row(Choice("best.py")), Row(Choice("a.py")), Row(Choice("b.py"))]

    async with desk(PromptInput(complete_files=twice)) as (app, pilot):
        await pilot.press("@", "down")
        better.set()
        await settle(app, pilot)
        await pilot.press("tab")
        assert app.input.text == "@b.py "


async def test_a_command_and_a_thread_are_completed() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("/mo")
        await settle(app, pilot)
        await pilot.press("tab")
        app.input.insert_text("#par")
        await settle(app, pilot)
        await pilot.press("tab")
        assert app.input.text == "/model #T-1 "


async def test_enter_sends_a_word_that_is_complete_already() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("/help")
        await settle(app, pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert app.sent == ["/help "]


async def test_enter_runs_a_chosen_command_that_needs_nothing_more() -> None:
    async with desk(PromptInput(commands=[Choice("help", is_whole=True)])) as (app, pilot):
        app.input.insert_text("/he")
        await settle(app, pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert app.sent == ["/help "]


async def test_enter_right_behind_a_commands_argument_sends_it() -> None:
    async with desk(PromptInput(commands=[Choice("model"), Choice("mode")])) as (app, pilot):
        app.input.insert_text("/")
        await settle(app, pilot)
        burst(app, *"model demo", "enter")
        await pilot.pause()
        await pilot.pause()
        assert app.sent == ["/model demo"]


async def test_a_list_that_has_not_caught_up_chooses_nothing() -> None:
    async def never_again(prefix: str) -> AsyncIterator[list[Row]]:
        if prefix:
            await asyncio.Event().wait()
        yield [Row(Choice("found.py"))]

    async with desk(PromptInput(complete_files=never_again)) as (app, pilot):
        app.input.insert_text("@")
        await settle(app, pilot)
        await pilot.press("x", "enter")
        await pilot.pause()
        assert app.sent == ["@x"]


async def test_a_cleared_text_can_be_recalled() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("precious")
        app.input.clear()
        await pilot.press("up")
        assert app.input.text == "precious"


async def test_escape_closes_the_list_before_it_stops_anything() -> None:
    async with desk() as (app, pilot):
        await pilot.press("/")
        await settle(app, pilot)
        opened = app.input.is_completing
        await pilot.press("escape")
        assert (opened, app.input.is_completing, app.sent) == (True, False, [])
        await pilot.press("escape")
        assert app.sent == ["cancelled"]


async def test_a_click_takes_a_completion() -> None:
    async with desk() as (app, pilot):
        await pilot.press("/")
        await settle(app, pilot)
        await pilot.click("CompletionList", offset=(3, 1))
        assert app.input.text == "/compact "


async def test_an_address_is_no_file() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("ann@st")
        await settle(app, pilot)
        assert not app.input.is_completing


async def test_a_returned_message_comes_before_what_was_typed_since() -> None:
    async with desk() as (app, _):
        app.input.insert_text("new")
        app.input.restore("queued")
        assert app.input.text == "queued\nnew"


async def test_a_replaced_text_can_be_brought_back() -> None:
    async with desk() as (app, pilot):
        app.input.insert_text("precious")
        app.input.set_text("other")
        await pilot.press("ctrl+underscore")
        assert app.input.text == "precious"


async def test_ctrl_c_is_left_to_the_app() -> None:
    class Quitting(Desk):
        BINDINGS = [("ctrl+c", "quit_softly", "Quit")]  # noqa: RUF012

        def action_quit_softly(self) -> None:
            self.sent.append("quit")

    app = Quitting(prompt())
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+c")
        assert (app.sent, app.input.text) == (["quit"], "a")
