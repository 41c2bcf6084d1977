"""The linear front end on a dumb terminal and through a pipe, as a screen reader has it."""

import re

import pytest

from loom.plain.floor import GUARD
from tests.e2e.conftest import Home
from tests.e2e.providers import variables
from tests.fakes.providers import Asked, Call, FakeProvider, Say, Turn
from tests.fakes.providers.script import Trouble

ANSWER = "The file is there. It holds one line."


def writes_a_file(asked: Asked) -> Turn:
    if asked.results:
        return Turn(Say(ANSWER))
    return Turn(Say("I write it."), Call("bash", {"command": "echo hi > a.txt"}))


@pytest.fixture
def plain(loom):
    """`await plain(fake)` is `loom` on a terminal that calls itself dumb."""

    async def start(fake: FakeProvider, *words: str):
        screen = await loom(*words, size=(100, 60), TERM="dumb", **variables("anthropic", fake))
        await screen.until("You:")
        return screen

    return start


async def heard(screen, text: str) -> None:
    """Waits for a question and listens as long as it wants."""
    await screen.until(text)
    await screen.steady(GUARD + 0.05)


async def test_a_turn_with_a_question_is_plain_text_said_once(plain, home: Home):
    async with FakeProvider(writes_a_file) as fake:
        screen = await plain(fake)
        screen.type("write a.txt\r")
        await heard(screen, "Answer 1, 2, 3 or 4:")
        assert "The command:\necho hi > a.txt\n" in screen.text
        screen.type("1\r")
        await screen.until("Loom is done")
        screen.type("/quit\r")
        assert await screen.exit() == 0
    told = screen.output.decode()
    assert "\x1b" not in told and not re.search(r"[\u2500-\u257f\u2800-\u28ff]", told)
    for once in ("write a.txt", "I write it.", "Question:", "Allowed.", ANSWER):
        assert told.count(once) == 1, once
    assert "Tool: bash echo hi > a.txt: done, exit 0" in told
    assert (home.workspace / "a.txt").read_text() == "hi\n"


async def test_no_escape_sequence_on_a_capable_terminal_either(loom):
    async with FakeProvider([Turn(Say("Hello."))]) as fake:
        screen = await loom("--plain", **variables("anthropic", fake))
        await screen.until("You:")
        screen.type("hi\r")
        await screen.until("Loom: Hello.", "Loom is done")
        screen.key("ctrl+d")
        assert await screen.exit() == 0
    assert b"\x1b" not in screen.output


async def test_ctrl_c_stops_the_turn_and_twice_leaves(plain):
    async with FakeProvider([Turn(Say("Wait. "), trouble=Trouble.STALL)]) as fake:
        screen = await plain(fake)
        screen.type("go\r")
        await screen.until("Loom: Wait.")
        screen.key("ctrl+c")
        await screen.until("Stopped, after")
        await screen.steady(0.1)
        screen.key("ctrl+c")
        screen.key("ctrl+c")
        assert await screen.exit() == 0
    assert re.search(r"To go on: loom resume T-\S+", screen.text)


async def test_the_command_that_resumes_goes_on_with_the_thread(plain):
    async with FakeProvider([Turn(Say("First answer."))]) as fake:
        screen = await plain(fake)
        screen.type("remember\r")
        await screen.until("Loom is done")
        screen.key("ctrl+d")
        assert await screen.exit() == 0
        (thread,) = re.findall(r"loom resume (T-\S+)", screen.text)
        again = await plain(fake, "resume", thread)
        await again.until("You said last: remember", "Loom: First answer.")


async def test_a_message_typed_while_loom_works_is_queued(plain):
    async with FakeProvider([Turn(Say("One. "), delay=0.3), Turn(Say("Two. "))]) as fake:
        screen = await plain(fake)
        screen.type("first\r")
        await screen.until("Loom is at work.")
        screen.type("second\r")
        await screen.until("Queued", "Loom: One.", "Loom: Two.", "Loom is done")


async def test_history_and_editing_work_on_the_line(plain):
    async with FakeProvider(lambda asked: Turn(Say(f"You said: {asked.text}"))) as fake:
        screen = await plain(fake)
        screen.type("helo")
        screen.key("left")
        screen.type("l\r")
        await screen.until("You said: hello", "Loom is done")
        await screen.steady(0.1)
        screen.key("up")
        screen.type("!\r")
        await screen.until("You said: hello!")


async def test_a_message_has_several_lines(run):
    async with FakeProvider(lambda asked: Turn(Say(f"<{asked.text}>"))) as fake:
        lines = b'a\\\nb\n"""\nc\n\nd\n"""\n'
        done = await run("--plain", stdin=lines, **variables("anthropic", fake))
    assert done.status == 0 and "Traceback" not in done.err
    assert "Loom: <a\nb>\n" in done.out and "Loom: <c\n\nd>\n" in done.out


async def test_a_pipe_answers_a_question_and_ends_with_its_input(run, home: Home):
    async with FakeProvider(writes_a_file) as fake:
        stdin = b"write it\n4\nnot there\n"
        done = await run("--plain", stdin=stdin, **variables("anthropic", fake))
    assert done.status == 0 and "\x1b" not in done.out
    assert "Answer 1, 2, 3 or 4: 4\nTell Loom what it should do instead: not there\n" in done.out
    assert "Denied." in done.out and not (home.workspace / "a.txt").exists()


async def test_the_setting_alone_asks_for_it(run):
    done = await run(
        LOOM_TUI__SCREEN_READER="1", LOOM_PROVIDER="demo", stdin=b"/help\n/mode plan\n"
    )
    assert done.status == 0
    assert "/threads" in done.out and "Mode: plan: reading only" in done.out
