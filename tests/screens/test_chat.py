"""The chat screen, driven by keys, on a real host, store and tools."""

import asyncio
import traceback

import pytest
from textual.worker import WorkerFailed

from loom.core.history import MessageEntry
from loom.core.llm import LlmError
from loom.core.messages import (
    Message,
    Text,
    Thread,
    ToolCall,
)
from loom.screens.help import HelpScreen
from loom.widgets.permission_modal import PermissionModal
from loom.widgets.picker_modal import PickerModal
from tests.fakes.model import ScriptedModel, says
from tests.svg import picture, text_of

EDIT = ToolCall(
    "e1", "edit_file", {"path": "a.txt", "edits": [{"old_str": "alpha", "new_str": "beta"}]}
)


def chat_of(app):
    return app._chat


async def until(pilot, condition, seconds=10):
    """Wait for a condition; fails by the deadline when it never holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await pilot.pause(0.01)


async def live(pilot):
    await until(pilot, lambda: chat_of(pilot.app).conversation.thread_id)


async def at_rest(pilot):
    chat = chat_of(pilot.app)
    await until(pilot, lambda: chat.status.working_since is None)


async def asked(pilot):
    """A permission question is up and takes keys (a person who types is not yet reading)."""
    await until(pilot, lambda: isinstance(pilot.app.screen, PermissionModal))
    await pilot.pause(0.5)


def shown(app) -> str:
    """The transcript's text, as copied whole."""
    flow = chat_of(app).transcript._flow
    return "\n".join(item.text for item in flow.items)


async def leave(pilot):
    chat_of(pilot.app).leave()
    await until(pilot, lambda: chat_of(pilot.app).live.host is None)


async def test_a_question_is_typed_and_answered(make_app):
    async with make_app(ScriptedModel(says("Hello **there**."))).run_test() as pilot:
        await pilot.press(*"hi", "enter")
        await live(pilot)
        await until(pilot, lambda: "Hello" in shown(pilot.app))
        await leave(pilot)


async def test_what_is_typed_before_the_host_is_open_is_not_lost(make_app):
    model = ScriptedModel(says("Hello."))
    async with make_app(model).run_test() as pilot:
        await pilot.press(*"early", "enter")
        await until(pilot, lambda: model.requests)
        assert model.requests[0].messages[-1].text == "early"
        await leave(pilot)


async def test_the_failure_of_an_early_message_is_seen(make_app):
    model = ScriptedModel([LlmError("there is no key", "not_configured", hint="add one")])
    async with make_app(model).run_test() as pilot:
        await pilot.press(*"early", "enter")
        await until(pilot, lambda: "there is no key" in shown(pilot.app))
        await leave(pilot)


async def test_an_edit_is_approved_in_the_modal_and_shown_as_a_diff(make_app, workspace):
    app = make_app(ScriptedModel(says("Editing.", EDIT), says("Done.")))
    async with app.run_test() as pilot:
        await pilot.press(*"go", "enter")
        await asked(pilot)
        assert (workspace / "a.txt").read_text() == "alpha\n"
        await pilot.press("y")
        await until(pilot, lambda: "Done." in shown(app))
        assert (workspace / "a.txt").read_text() == "beta\n"
        await leave(pilot)


async def test_a_denied_edit_changes_nothing(make_app, workspace):
    model = ScriptedModel(says("Editing.", EDIT), says("As you wish."))
    async with make_app(model).run_test() as pilot:
        await pilot.press(*"go", "enter")
        await asked(pilot)
        await pilot.press("n")
        await until(pilot, lambda: "As you wish" in shown(pilot.app))
        assert (workspace / "a.txt").read_text() == "alpha\n"
        await leave(pilot)


async def test_a_question_put_aside_waits_and_can_be_answered_later(make_app):
    app = make_app(ScriptedModel(says("Editing.", EDIT), says("Done.")))
    async with app.run_test() as pilot:
        await pilot.press(*"go", "enter")
        await asked(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: chat_of(app).status.situation == "aside")
        await pilot.press("ctrl+g")
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Done." in shown(app))
        await leave(pilot)


async def test_esc_stops_the_agent(make_app):
    app = make_app(ScriptedModel(says("Half an answer"), hold=0))
    async with app.run_test() as pilot:
        await pilot.press(*"go", "enter")
        await until(pilot, lambda: "Half" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Stopped." in shown(app))
        await leave(pilot)


async def test_a_message_sent_while_working_comes_back_on_esc(make_app):
    app = make_app(ScriptedModel(says("Half an answer"), hold=0))
    async with app.run_test() as pilot:
        await pilot.press(*"go", "enter")
        await until(pilot, lambda: "Half" in shown(app))
        await pilot.press(*"later", "enter")
        await until(pilot, lambda: "later" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: chat_of(app).prompt.text == "later")
        await leave(pilot)


async def test_that_it_is_being_compacted_is_said_until_that_is_done_or_failed(make_app):
    failed = [LlmError("the key is wrong", "auth")]
    async with make_app(ScriptedModel(says("Hello."), failed, says("Notes."))).run_test() as pilot:
        await live(pilot)
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "Hello." in shown(pilot.app))
        await at_rest(pilot)
        await pilot.press(*"/compact ", "enter")
        await until(pilot, lambda: "the key is wrong" in shown(pilot.app))
        await until(pilot, lambda: "Summarising" not in shown(pilot.app))
        await pilot.press(*"/compact ", "enter")
        await until(pilot, lambda: "Notes." in shown(pilot.app))
        assert "Summarising" not in shown(pilot.app)
        await leave(pilot)


async def test_the_mode_is_changed_by_key(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("shift+tab")
        await until(pilot, lambda: chat_of(app).status.mode == "edit")
        await leave(pilot)


async def test_the_palette_finds_a_command(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, PickerModal))
        await pilot.press(*"help", "enter")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await leave(pilot)


async def test_a_theme_is_picked(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await chat_of(app).commands.run("/theme")
        await until(pilot, lambda: isinstance(app.screen, PickerModal))
        await pilot.press(*"loom-light", "enter")
        await until(pilot, lambda: app.theme == "loom-light")
        await leave(pilot)


async def test_the_mode_is_picked_from_what_each_allows(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        chat_of(app).prompt.set_text("/mode")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, PickerModal))
        await pilot.press(*"plan", "enter")
        await until(pilot, lambda: chat_of(app).status.mode == "plan")
        await leave(pilot)


async def test_a_mode_that_is_none_is_named(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await chat_of(app).commands.run("/mode yolo")
        assert "no mode yolo" in shown(app) and chat_of(app).status.mode == "ask"
        await leave(pilot)


async def test_the_model_picker_offers_what_the_server_has(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, PickerModal))
        await pilot.pause()
        assert "✓ scripted · scripted-1" in "".join(text_of(picture(app)))
        await pilot.press("enter")
        await until(pilot, lambda: chat_of(app).header.model == "scripted-1")
        await leave(pilot)


async def test_an_unknown_command_is_named_with_the_nearest(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        chat_of(app).prompt.set_text("/modle")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: "no command /modle" in shown(app))
        await leave(pilot)


async def test_help_shows_keys_and_commands(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
        await leave(pilot)


async def test_a_question_mark_in_the_conversation_helps_too(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+up", "?")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        text = app.screen._text
        assert "`y` allows this once" in text and "`o` opens what is folded" in text
        await pilot.press("?")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
        await leave(pilot)


async def test_a_shell_line_runs_and_shows_its_output(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        chat_of(app).prompt.set_text("!echo from-my-shell")
        await pilot.press("enter")
        await until(pilot, lambda: "from-my-shell" in shown(app))
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "Hi." in shown(app))
        assert shown(app).count("from-my-shell") == 2  # the line itself, and its output
        await leave(pilot)


async def test_another_thread_is_opened_from_the_list(make_app, workspace):
    async def seed(store):
        await store.create(Thread("T-01900000-0000-7000-8000-000000000001", workspace="/x"))
        await store.append(
            "T-01900000-0000-7000-8000-000000000001",
            MessageEntry(Message("user", (Text("an older question"),), "m-1")),
        )

    app = make_app(seed=seed)
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+t", "home")
        await until(pilot, lambda: len(chat_of(app).threads._rows.items) == 2)
        rows = chat_of(app).threads._rows
        await pilot.press(
            *["down"] * [i.thread.title for i in rows.items].index("an older question")
        )
        await pilot.press("enter")
        await until(pilot, lambda: "an older question" in shown(app))
        await leave(pilot)


def listed(app) -> list[str]:
    return [item.thread.title for item in chat_of(app).threads._rows.items]


def seed_here(workspace):
    async def seed(store):
        for number, place in enumerate(("/elsewhere", str(workspace))):
            thread_id = f"T-01900000-0000-7000-8000-00000000000{number}"
            await store.create(Thread(thread_id, workspace=place))
            message = Message("user", (Text(f"question {number}"),), f"m-{number}")
            await store.append(thread_id, MessageEntry(message))

    return seed


async def test_the_status_bar_knows_what_has_the_keyboard(make_app):
    async with make_app().run_test() as pilot:
        await live(pilot)
        status = chat_of(pilot.app).status
        for key, place in (
            ("ctrl+up", "conversation"),
            ("ctrl+f", "find"),
            ("ctrl+t", "threads"),
            ("slash", "search"),
            ("ctrl+down", "input"),
        ):
            await pilot.press(key)
            await until(pilot, lambda wanted=place: status.place == wanted)
        await leave(pilot)


async def test_a_wide_screen_shows_the_folders_earlier_threads(make_app, workspace):
    app = make_app(seed=seed_here(workspace))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: chat_of(app).threads_pane.is_open)
        assert "question 1" in listed(app) and chat_of(app).prompt.query_one("PromptArea").has_focus
        await pilot.resize_terminal(119, 40)
        await until(pilot, lambda: not chat_of(app).threads_pane.is_open)
        await leave(pilot)


async def test_a_closed_thread_list_stays_closed(make_app, workspace):
    app = make_app(seed=seed_here(workspace))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: chat_of(app).threads_pane.is_open)
        await pilot.press("ctrl+t", "ctrl+t")
        await pilot.resize_terminal(140, 40)
        await pilot.press(*"hi", "enter")
        await until(pilot, lambda: "Hi." in shown(app))
        assert not chat_of(app).threads_pane.is_open
        await leave(pilot)


async def test_threads_without_a_word_are_not_listed(make_app):
    async def seed(store):
        await store.create(Thread("T-01900000-0000-7000-8000-000000000001", workspace="/x"))

    app = make_app(seed=seed)
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: chat_of(app).threads_pane.is_open)
        assert len(listed(app)) == 1
        await leave(pilot)


async def test_an_agent_that_was_left_works_on_and_its_question_is_marked(make_app, workspace):
    app = make_app(ScriptedModel(says("Editing.", EDIT), says("Done.")), seed=seed_here(workspace))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(*"go", "enter")
        await asked(pilot)
        first = chat_of(app).conversation.thread_id
        await pilot.press("escape")
        await chat_of(app).open_thread("T-01900000-0000-7000-8000-000000000001")
        await until(pilot, lambda: "question 1" in shown(app))
        await until(pilot, lambda: chat_of(app).background.standing(first) == "waiting")
        await until(
            pilot,
            lambda: any(i.standing == "waiting" for i in chat_of(app).threads._rows.items),
        )
        await chat_of(app).open_thread(first)
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Done." in shown(app))
        assert chat_of(app).background.standing(first) == ""
        await leave(pilot)


async def test_resuming_passes_over_threads_without_a_word(make_app, workspace):
    async def seed(store):
        await seed_here(workspace)(store)
        await store.create(
            Thread("T-01900000-0000-7000-8000-000000000009", workspace=str(workspace))
        )

    app = make_app(seed=seed, resume="")
    async with app.run_test() as pilot:
        await until(pilot, lambda: "question 1" in shown(app))
        await leave(pilot)


async def test_a_thread_is_mentioned_with_its_folder(make_app, workspace):
    app = make_app(seed=seed_here(workspace))
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press(*"#question")
        menu = chat_of(app).prompt._menu
        await until(pilot, lambda: len(menu.rows) == 2)
        assert {row.choice.detail for row in menu.rows} == {"elsewhere", workspace.name}
        await leave(pilot)


async def test_up_recalls_what_was_sent_in_an_earlier_run(make_app, tmp_path):
    async with make_app(history=tmp_path / "history").run_test() as pilot:
        await live(pilot)
        await pilot.press(*"first", "ctrl+j", *"line", "enter")
        await until(pilot, lambda: "Hi." in shown(pilot.app))
        await leave(pilot)
    async with make_app(history=tmp_path / "history").run_test() as pilot:
        await live(pilot)
        await pilot.press("up")
        assert chat_of(pilot.app).prompt.text == "first\nline"
        await leave(pilot)


async def test_the_conversation_scrolls_while_the_input_has_the_keys(make_app):
    app = make_app(ScriptedModel(says("\n\n".join(f"line {n}" for n in range(80)))))
    async with app.run_test() as pilot:
        await pilot.press(*"go", "enter")
        await until(pilot, lambda: "line 79" in shown(app))
        await at_rest(pilot)
        transcript = chat_of(app).transcript
        await until(pilot, lambda: transcript.is_drawn)
        await pilot.press("pageup", "x")
        assert not transcript.follows and chat_of(app).prompt.text == "x"
        await pilot.press("ctrl+end")
        assert transcript.follows
        await leave(pilot)


async def test_ctrl_c_twice_leaves(make_app):
    app = make_app()
    async with app.run_test() as pilot:
        await live(pilot)
        await pilot.press("ctrl+c", "ctrl+c")
        await until(pilot, lambda: app.return_code is not None or not app.is_running)


async def test_a_defect_is_written_down_and_no_trace_is_shown(make_app, capsys):
    def fails():
        key = "sk-" + "secret" * 4
        raise RuntimeError(f"a defect near {len(key)}")

    crashes = []

    def report(error):
        crashes.extend(traceback.format_exception(error))
        return "/home/ann/loom.log"

    app = make_app(open_host=fails, report_crash=report)
    with pytest.raises(WorkerFailed):
        async with app.run_test() as pilot:
            await until(pilot, lambda: not app.is_running)
    left = capsys.readouterr().err
    assert "a defect" in crashes[-1] and "in fails" in "".join(crashes)
    assert "/home/ann/loom.log" in left
    assert "Traceback" not in left and "secret" not in left


async def test_a_host_that_cannot_open_says_why_and_the_screen_stays(make_app, tmp_path):
    (tmp_path / "loom.db").write_text("this is no database")
    app = make_app()
    async with app.run_test() as pilot:
        await until(pilot, lambda: "loom.db" in shown(app))
        assert chat_of(app).status.state == "error"
        await pilot.press(*"hi", "enter")
        assert chat_of(app).prompt.text == "hi" and shown(app).count("loom.db") > 1
        await leave(pilot)
