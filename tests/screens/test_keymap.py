"""Keys of the person's own: what they mean, and what they do in the real app."""

import re
import tomllib
from pathlib import Path

import pytest
from textual.binding import Binding

import loom.screens.keymap as module
from loom.config.check import to_settings
from loom.core.messages import ToolCall
from loom.core.protocol import Notice, SessionClosed
from loom.screens.chat_frame import ChatFrame
from loom.screens.help import HelpScreen
from loom.screens.keymap import actions, resolve
from loom.widgets.permission_modal import PermissionModal
from tests.fakes.model import ScriptedModel, says
from tests.screens.test_chat import asked, at_rest, chat_of, leave, live, shown, until

PAGE = Path(__file__).parents[2] / "specs/keys.md"

# Names that stand in people's settings: a name may come, and none may go.
NAMES = """
threads new_thread pick_model tool_panel next_mode back read write page_up page_down newest help
interrupt answer leave_if_empty next_pane previous_pane quit palette
input.send input.newline input.complete input.stop
transcript.up transcript.down transcript.open transcript.copy
transcript.previous_message transcript.next_message transcript.next_hit transcript.previous_hit
scroll.up scroll.down scroll.page_up scroll.page_down scroll.start scroll.end
threads.up threads.down threads.page_up threads.page_down threads.first threads.last threads.open
threads.search threads.leave_search
tools.up tools.down tools.fold tools.collapse_all
modal.cancel modal.left modal.right modal.pick
permission.up permission.down permission.page_up permission.page_down
permission.allow permission.always permission.deny permission.deny_why
picker.cancel picker.up picker.down picker.page_up picker.page_down help_page.leave
"""


def test_no_action_loses_its_name() -> None:
    assert set(NAMES.split()) - {action.name for action in actions()} == set()


def test_every_key_of_every_widget_can_be_changed() -> None:
    rows = [row for widget in module._WIDGETS for row in widget.__dict__["BINDINGS"]]
    assert [row for row in rows if isinstance(row, Binding) and not row.id] == []
    names = [action.name for action in actions()]
    assert len(names) == len(set(names)) and len(names) > len(ChatFrame.KEYS)


def test_the_usual_keys_of_one_place_are_never_the_same() -> None:
    pairs = [(action.place, key) for action in actions() for key in action.keys]
    assert [pair for pair in pairs if pairs.count(pair) > 1] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [("F2", "f2"), ("Ctrl+T", "ctrl+t"), ("?", "question_mark"), ("pgup", "pageup"), ("x", "x")],
)
def test_a_key_may_be_written_as_people_do(written: str, meant: str) -> None:
    assert resolve({"transcript.copy": (written,)}) == ({"transcript.copy": meant}, ())


@pytest.mark.parametrize(
    ("chosen", "warning"),
    [
        ({"hepl": ("f2",)}, "keys.hepl: there is no such action; did you mean help?"),
        ({"help": ("crtl+x",)}, "keys.help: there is no key crtl+x; did you mean ctrl?"),
        ({"help": ("pagupe",)}, "keys.help: there is no key pagupe; did you mean pageup?"),
        ({"modal.cancel": ("",)}, "without it there is no way out"),
        ({"input.send": ("x",)}, "x could not be written in the input any more"),
        ({"next_mode": ("m",)}, "m could not be written in the input any more"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(chosen, warning: str) -> None:
    keymap, warnings = resolve(chosen)
    assert keymap == {}
    assert warning in warnings[0]


def test_two_actions_under_one_key_are_both_named() -> None:
    assert resolve({"help": ("ctrl+t",)}).warnings == ("keys: ctrl+t is both threads and help",)


def test_keys_that_are_exchanged_are_no_conflict() -> None:
    assert resolve({"help": ("ctrl+t",), "threads": ("f1",)}).warnings == ()


@pytest.mark.parametrize("preset", re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.S))
def test_the_sets_of_keys_on_the_page_are_right(preset: str) -> None:
    settings = to_settings(tomllib.loads(preset), "the page")
    assert settings.chosen_keys
    assert resolve(settings.chosen_keys).warnings == ()


def keymap(**chosen: str) -> dict[str, str]:
    keys, warnings = resolve({name.replace("__", "."): (key,) for name, key in chosen.items()})
    assert warnings == ()
    return keys


async def test_an_action_has_the_chosen_key_and_no_other(make_app):
    async with make_app(keymap=keymap(help="f2")).run_test() as pilot:
        await pilot.press("f1")
        assert not isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))


async def test_an_action_without_a_key_is_reached_by_its_command_only(make_app):
    async with make_app(keymap=keymap(tool_panel="")).run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+r")
        assert not chat_of(pilot.app).panel.has_class("-open")
        await pilot.press(*"/tools", "enter")
        await until(pilot, lambda: chat_of(pilot.app).panel.has_class("-open"))
        await leave(pilot)


async def test_sending_may_have_another_key_and_enter_begins_a_line(make_app):
    model = ScriptedModel(says("Hello."))
    async with make_app(model, keymap=keymap(input__send="f9")).run_test() as pilot:
        await live(pilot)
        await pilot.press("a", "enter", "b", "f9")
        await until(pilot, lambda: "Hello" in shown(pilot.app))
        assert model.requests[0].messages[-1].text == "a\nb"
        await leave(pilot)


async def test_a_question_is_answered_by_the_chosen_key(make_app, workspace):
    write = ToolCall("w1", "write_file", {"path": "b.txt", "content": "b\n"})
    model = ScriptedModel(says("", write), says("Done."))
    chosen = keymap(permission__allow="f8", permission__deny="x")
    async with make_app(model, keymap=chosen).run_test() as pilot:
        await pilot.press(*"go", "enter")
        await asked(pilot)
        await pilot.press("y")
        assert isinstance(pilot.app.screen, PermissionModal)
        await pilot.press("f8")
        await until(pilot, lambda: "Done." in shown(pilot.app))
        assert (workspace / "b.txt").read_text() == "b\n"
        await leave(pilot)


async def test_what_tells_of_keys_tells_the_chosen_ones(make_app):
    chosen = keymap(help="f2", palette="ctrl+k", input__send="f9", threads="", new_thread="f3")
    async with make_app(keymap=chosen).run_test(size=(120, 40)) as pilot:
        await live(pilot)
        chat = chat_of(pilot.app)
        assert "f2 helps" in shown(pilot.app).lower()
        bar = chat.status.render().plain
        assert "F9 send" in bar and "^K commands" in bar and "F2 help" in bar
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        text = pilot.app.screen._text
        assert "`F9` sends" in text and "| `no key` | Threads |" in text
        assert "| `/new` | start a new thread | F3 |" in text
        await leave(pilot)


async def test_hints_of_the_ways_out_and_on_name_the_chosen_keys(make_app):
    chosen = keymap(
        picker__cancel="f8", help_page__leave="f7", pick_model="f4", threads="", find="f5"
    )
    async with make_app(keymap=chosen).run_test() as pilot:
        await live(pilot)
        chat = chat_of(pilot.app)
        await pilot.press("f1")
        assert titles(pilot.app) == ["Help · F7 leaves"]
        await pilot.press("f7", "ctrl+p")
        assert titles(pilot.app) == ["Commands", "F8 cancels"]
        await pilot.press("f8", "ctrl+up", "n")
        assert any("F5 finds" in each.message for each in pilot.app._notifications)
        failed = Notice(text="It failed.", level="error", request_id="r1")
        for event in (failed, SessionClosed(reason="It broke.")):
            chat.conversation._present(event)
        failure, end = (item.text for item in chat.transcript.items[-2:])
        assert failure.endswith("Say “continue” to try again; F4 has more models.")
        assert end.endswith("Open the thread again: /threads.")
        await leave(pilot)


def titles(app) -> list[str]:
    """What stands in the border of the panel that is open."""
    panel = app.screen.query_one(".modal-panel")
    return [title for title in (panel.border_title, panel.border_subtitle) if title]


async def test_escape_leads_back_to_the_input_from_everywhere(make_app):
    async with make_app().run_test(size=(160, 40)) as pilot:
        await live(pilot)
        chat = chat_of(pilot.app)
        for keys in (["ctrl+up"], ["ctrl+t"], ["ctrl+t", "slash"], ["ctrl+r", "f6"]):
            await pilot.press(*keys)
            for _ in range(3):
                if not chat.prompt.has_focus_within:
                    await pilot.press("escape")
            assert chat.prompt.has_focus_within, keys
        await leave(pilot)


async def test_f6_goes_through_every_pane_and_back(make_app):
    async with make_app().run_test(size=(160, 40)) as pilot:
        await live(pilot)
        await pilot.press("ctrl+t", "escape", "ctrl+r")
        await at_rest(pilot)
        seen = []
        for _ in range(6):
            await pilot.press("f6")
            seen.append(pilot.app.focused)
        names = {type(widget).__name__ for widget in seen}
        assert {"MessageList", "PromptArea", "ToolPanel", "ThreadRows"} <= names
        await pilot.press("shift+f6")
        assert pilot.app.focused is seen[-2]
        await leave(pilot)
