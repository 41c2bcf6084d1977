"""What the whole screen looks like: one picture for each situation a person can be in."""

from pathlib import Path

import pytest

from loom.core.errors import SessionError, StoreError
from loom.core.history import MessageEntry, ToolResultEntry, ToolStartEntry
from loom.core.messages import (
    Display,
    Message,
    Text,
    Thread,
    TodoItem,
    ToolCall,
    ToolResult,
    Usage,
)
from loom.core.protocol import Notice
from loom.terminal.inline import LEAST_ROWS
from loom.widgets.confirm_modal import ConfirmModal
from loom.widgets.find_bar import FindBar
from loom.widgets.picker_modal import PickerModal
from tests.fakes.model import ScriptedModel, says
from tests.screens.test_chat import EDIT, asked, chat_of, live, shown, until

HOME = Path("/home/ann/timesheet")
NOW = 1_763_000_000.0
DEMO = "T-01900000-0000-7000-8000-000000000001"


def conversation() -> tuple[tuple, ...]:
    """A turn as it is after the demo, with fixed durations."""
    run = ToolCall("c1", "bash", {"command": "python3 -m unittest"})
    edit = ToolCall("c2", "edit_file", {"path": "timesheet/clock.py", "edits": []})
    rerun = ToolCall("c3", "bash", {"command": "python3 -m unittest"})
    failed = "F.......\nAssertionError: -1230 != 210\nRan 8 tests in 0.001s\nFAILED (failures=1)"
    diff = (
        "--- a/timesheet/clock.py\n+++ b/timesheet/clock.py\n@@ -17,3 +17,3 @@\n"
        " def minutes_between(start, end):\n"
        '     """How long it is from `start` to `end`, both minutes since midnight."""\n'
        "-    return end - start\n+    return (end - start) % DAY\n"
    )
    passed = "........\nRan 8 tests in 0.001s\n\nOK"
    return (
        MessageEntry(Message("user", (Text("A test fails. Find the bug and fix it."),), "m-1")),
        MessageEntry(Message("assistant", (Text("I run the tests first."), run), "m-2")),
        ToolStartEntry("c1", "bash"),
        result("c1", failed, Display("command", "exit code 1", failed), 141, is_error=True),
        MessageEntry(
            Message(
                "assistant",
                (
                    Text(
                        "`test_a_stretch_past_midnight` fails: `-1230 != 210`. `end - start` is "
                        "negative past midnight; taken modulo a day it is right for both."
                    ),
                    edit,
                ),
                "m-3",
            )
        ),
        ToolStartEntry("c2", "edit_file"),
        result("c2", "edited", Display("diff", "+1 −1 timesheet/clock.py", diff), 3),
        MessageEntry(Message("assistant", (Text("Now the tests again."), rerun), "m-4")),
        ToolStartEntry("c3", "bash"),
        result("c3", passed, Display("command", "exit code 0", passed), 138),
        MessageEntry(
            Message(
                "assistant",
                (
                    Text(
                        "**Fixed.** Ran 8 tests: OK.\n\n- Before: `-1230 != 210`\n"
                        "- Change: `+1 −1 timesheet/clock.py`\n\n"
                        "```python\nminutes_between(22 * 60, 90)  # 210\n```\n"
                    ),
                ),
                "m-5",
                usage=Usage(4_200, 310),
            )
        ),
    )


def result(call_id, text, display, duration_ms, is_error=False):
    return ToolResultEntry(ToolResult(call_id, (Text(text),), is_error, display, duration_ms))


async def seed_demo(store):
    thread = Thread(
        DEMO,
        workspace="/home/ann/timesheet",
        git_branch="main",
        provider="demo",
        model="demo-1",
    )
    await store.create(thread)
    await store.append(thread.id, *conversation())


async def test_picture_of_a_conversation(make_app, snap):
    app = make_app(seed=seed_demo, resume="T-0190", workspace=HOME)
    await snap(app, "chat-demo", prepare=settled)


async def settled(pilot):
    await live(pilot)
    await until(pilot, lambda: "Fixed." in shown(pilot.app))
    chat = chat_of(pilot.app)
    await until(pilot, lambda: chat.status.context_tokens and chat.transcript.is_drawn)
    assert (
        chat.transcript.follows and chat.transcript.scroll_offset.y == chat.transcript.max_scroll_y
    )
    chat.status.context_tokens = 4_510


async def test_picture_of_the_panes(make_app, snap):
    async def with_panes(pilot):
        await settled(pilot)
        chat = chat_of(pilot.app)
        chat.panel.todo = (TodoItem("Run the tests", "done"), TodoItem("Mend it", "in_progress"))
        chat.action_tool_panel()
        await pilot.pause()

    app = make_app(seed=seed_demo, resume="T-0190", workspace=HOME)
    await snap(app, "chat-panel", prepare=with_panes)


async def test_picture_of_the_first_screen(make_app, snap):
    app = make_app(workspace=HOME)
    await snap(app, "chat-first", prepare=live)


async def test_picture_of_the_palette(make_app, snap):
    app = make_app(workspace=HOME)
    await snap(app, "chat-palette", keys=["ctrl+p"], prepare=live)


async def test_picture_of_the_help(make_app, snap):
    app = make_app(workspace=HOME)
    await snap(app, "chat-help", keys=["f1"], prepare=live)


async def test_picture_of_the_end_of_the_help(make_app, snap):
    await snap(make_app(workspace=HOME), "chat-help-end", keys=["f1", "end"], prepare=live)


@pytest.fixture
def demo_app(make_app):
    """A conversation that is over, ready for the next message."""
    return make_app(seed=seed_demo, resume="T-0190", workspace=HOME)


async def written(pilot):
    """An answer is half there; the turn is seven seconds old."""
    chat = chat_of(pilot.app)
    chat.status._clock = lambda: NOW
    await pilot.press(*"Why does it fail?", "enter")
    await until(pilot, lambda: "first" in shown(pilot.app))
    await until(pilot, lambda: chat.status.is_writing and chat.status.working_since)
    await until(pilot, lambda: chat.transcript.is_drawn)
    chat.status.working_since = NOW - 7


@pytest.mark.parametrize("place", ["writing", "inline"])
async def test_picture_of_an_answer_being_written(make_app, snap, place):
    model = ScriptedModel(says("I look at the **loader** first.\n"), hold=0)
    app = make_app(model, workspace=HOME, is_inline=place == "inline")
    name, rows = {"writing": ("chat-writing", None), "inline": ("chat-inline", LEAST_ROWS)}[place]
    await snap(app, name, prepare=written, rows=rows)


@pytest.fixture
def asking_app(make_app, workspace):
    """A model that wants to edit a file."""
    return make_app(ScriptedModel(says("I mend it.", EDIT)))


async def ask(pilot):
    await pilot.press(*"Fix it", "enter")
    await asked(pilot)
    chat_of(pilot.app).header.place = "~/timesheet"


async def test_picture_of_a_question(asking_app, snap):
    await snap(asking_app, "chat-question", prepare=ask)


async def test_picture_of_a_question_put_aside(asking_app, snap):
    async def put_aside(pilot):
        await ask(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: chat_of(pilot.app).status.situation == "aside")

    await snap(asking_app, "chat-aside", prepare=put_aside)


async def test_picture_of_finding(demo_app, snap):
    async def find(pilot):
        await settled(pilot)
        await pilot.press("ctrl+f", *"tests")
        await until(pilot, lambda: pilot.app.screen.query_one(FindBar).count)

    await snap(demo_app, "chat-find", prepare=find)


async def test_picture_of_the_threads(make_app, snap):
    async def seed(store):
        await seed_demo(store)
        for number, said in enumerate(("Why is CI red?", "Rename the clock module"), 2):
            thread = Thread(f"{DEMO[:-1]}{number}", workspace=str(HOME))
            await store.create(thread)
            await store.append(
                thread.id, MessageEntry(Message("user", (Text(said),), f"n-{number}"))
            )

    app = make_app(seed=seed, resume=DEMO, workspace=HOME)

    async def open_list(pilot):
        await settled(pilot)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: len(chat_of(app).threads._rows.items) == 3)
        await pilot.press("down")

    await snap(app, "chat-threads", prepare=open_list)


async def test_picture_of_toasts(demo_app, snap):
    async def notify(pilot):
        await settled(pilot)
        pilot.app.notify("Copied 3 lines.", timeout=600)
        pilot.app.notify(
            "Copied 3 lines, but this terminal does not say whether it took them.\n"
            "They are also in ~/.local/state/loom/copied.txt.",
            severity="warning",
            timeout=600,
        )
        await pilot.pause()

    await snap(demo_app, "chat-toasts", prepare=notify)


class Keyless(ScriptedModel):
    """A server without keys."""

    async def models(self) -> list[dict]:
        rows = (("anthropic", "claude-sonnet"), ("openai", "gpt"), ("demo", "demo-1"))
        return [
            {"provider": provider, "model": model, "is_configured": provider == "demo"}
            for provider, model in rows
        ]


async def told_of_keys(pilot):
    await live(pilot)
    await until(pilot, lambda: "no key" in shown(pilot.app))


async def test_picture_of_a_missing_key(make_app, snap):
    app = make_app(Keyless(), workspace=HOME, provider="anthropic")
    await snap(app, "chat-no-key", prepare=told_of_keys)


async def test_picture_of_the_models(make_app, snap):
    app = make_app(Keyless(), seed=seed_demo, resume="T-0190", workspace=HOME)

    async def pick(pilot):
        await settled(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, PickerModal))

    await snap(app, "chat-models", prepare=pick)


@pytest.mark.parametrize("command", ["mode", "theme"])
async def test_picture_of_what_a_command_offers(demo_app, snap, command):
    async def pick(pilot):
        await settled(pilot)
        await chat_of(pilot.app).commands.run(f"/{command}")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerModal))

    await snap(demo_app, {"mode": "chat-modes", "theme": "chat-themes"}[command], prepare=pick)


async def test_picture_of_the_demo_before_it_began(make_app, snap):
    draft = "A test fails. Find the bug and fix it."
    app = make_app(workspace=HOME, is_demo=True, draft=draft)
    await snap(app, "chat-demo-first", prepare=live)


async def test_picture_of_a_folder_where_one_was_before(make_app, snap):
    app = make_app(workspace=HOME, last_title="Fix the parser", notes=("a note from the start",))
    await snap(app, "chat-again", prepare=live)


async def test_picture_of_a_store_that_cannot_be_opened(make_app, snap):
    def fails():
        raise StoreError("/home/ann/.local/share/loom/loom.db is no database", "Move it away.")

    app = make_app(workspace=HOME, open_host=fails)
    told = lambda pilot: until(pilot, lambda: "no database" in shown(app))  # noqa: E731
    await snap(app, "chat-no-store", prepare=told)


async def test_picture_of_a_lost_session(demo_app, snap):
    async def lose(pilot):
        await settled(pilot)
        error = SessionError("the Loom that ran this thread has left it")
        chat_of(pilot.app).complain(SessionError(error.message, "The thread was opened again."))
        await until(pilot, lambda: chat_of(pilot.app).transcript.is_drawn)

    await snap(demo_app, "chat-lost", prepare=lose)


async def test_picture_of_a_refused_request(demo_app, snap):
    async def fail(pilot):
        await settled(pilot)
        chat = chat_of(pilot.app)
        notice = Notice("the key was refused (401)", "error", request_id="7f3a9c", hint="")
        chat.conversation._present(notice)
        chat.status.state = "error"
        await until(pilot, lambda: chat.transcript.is_drawn)

    await snap(demo_app, "chat-refused", prepare=fail)


async def test_picture_of_an_address_to_be_opened(demo_app, snap):
    async def question(pilot):
        await settled(pilot)
        url = "https://example.org/login?next=%2Fhome"
        pilot.app.push_screen(ConfirmModal("Open this address?", url, yes="open"))
        await pilot.pause()

    await snap(demo_app, "chat-address", prepare=question)
