"""How Loom treats a terminal: what it writes, where the cursor stands, and what may go wrong."""

import asyncio
import re
import signal
import sys

import pyte
import pytest

from loom.core.history import visible
from loom.threads.store import ThreadStore
from tests.e2e.person import PROMPT_LINE, say
from tests.e2e.terminal import Terminal
from tests.fakes.dictation import dictated

BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"
LOOM = f"{sys.executable} -m loom"


async def written(screen: Terminal, data: bytes, seen: str) -> bytes:
    """What is written in answer to a key, once `seen` can be read."""
    start = len(screen.output)
    screen.send(data)
    await screen.until(seen)
    await screen.steady(0.2)
    return bytes(screen.output[start:])


async def test_a_letter_writes_that_letter_in_one_whole_frame(loom):
    screen = await loom("--provider", "demo")
    screen.type("hell")
    await screen.until("› hell", "ready", "0% of")
    await screen.steady(0.3)
    frame = await written(screen, b"o", "› hello")
    assert len(frame) < 100
    assert frame.startswith(BEGIN) and frame.endswith(END) and frame.count(BEGIN) == 1


async def test_the_first_frame_says_what_an_empty_field_is_for(loom):
    screen = await loom("--provider", "demo")
    await screen.until("Ask Loom to do something")
    drawn, _, _ = bytes(screen.output).partition(b"Ask Loom to do something")
    rows = [int(row) for row in re.findall(rb"\x1b\[(\d+);\d+H", drawn)]
    assert rows[0] == 1
    assert rows == sorted(rows)  # a second frame would begin above what is drawn already


async def test_an_idle_screen_writes_nothing_and_focus_changes_nothing(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready", "0% of")
    await screen.steady(0.5)
    start = len(screen.output)
    screen.send(b"\x1b[O\x1b[I\x1b[O")
    await screen.steady(1.5)
    assert screen.output[start:] == b""


async def test_every_frame_is_whole_while_an_answer_streams(loom):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        start = len(screen.output)
        for number in range(30):
            model.say(f"word{number} ")
        model.end()
        await screen.until("word29", "ready")
    painted = bytes(screen.output[start:])
    outside = re.sub(rb"\x1b\[\?2026h.*?\x1b\[\?2026l", b"", painted, flags=re.DOTALL)
    assert outside.strip(b"\x07") in (b"", BEGIN)


async def test_the_terminals_cursor_stands_at_the_caret(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    screen.type("日本 x")
    await screen.when(lambda: screen.before_caret.endswith("日本 x"), "the caret behind the text")
    screen.key("left")
    await screen.when(lambda: screen.before_caret.endswith("日本 "), "the caret before x")
    assert b"\x1b[2 q" in screen.output
    screen.key("ctrl+p")
    await screen.until("Type to filter")
    screen.type("them")
    await screen.when(lambda: screen.before_caret.endswith("them"), "the caret in the picker")


async def test_without_a_place_for_text_there_is_no_cursor(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    await screen.when(lambda: screen.caret is not None, "a caret")
    screen.send(b"\x1b[1;5A")  # Ctrl+Up: to the conversation
    await screen.when(lambda: screen.caret is None, "no caret")
    screen.send(b"\x1b[1;5B")
    await screen.when(lambda: screen.caret is not None, "a caret again")


async def test_a_stuck_terminal_freezes_no_keys_and_ends_up_right(loom):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        model.say("It begins.\n\n")
        await screen.until("It begins.")
        screen.look_away()
        for number in range(600):
            model.say(f"{number} " + "x" * 70 + "\n\n")
            if number % 20 == 0:
                await asyncio.sleep(0.05)  # the pace of a stream
        model.say("The last word.")
        model.end()
        screen.type("typed blind")
        await written_down(screen, model.asked)
        looked_away = len(screen.output)
        screen.look_again()
        await screen.until("The last word.", "› typed blind", "ready")
    # What was painted while nobody read is in the kernel's buffer, and no more than that.
    assert len(screen.output) - looked_away < 200_000


async def written_down(screen: Terminal, asked: list[str]) -> None:
    """Until the program rests: it uses no more processor time."""
    used, before = cpu(screen), -1.0
    while used != before:
        await asyncio.sleep(1.0)
        used, before = cpu(screen), used


def cpu(screen: Terminal) -> int:
    """Clock ticks the program has used."""
    with open(f"/proc/{screen.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def is_stopped(screen: Terminal) -> bool:
    with open(f"/proc/{screen.process.pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


async def test_ctrl_z_gives_the_shell_its_terminal_and_fg_comes_back(home, stack):
    environment = {**home.environment, "PS1": "shell> "}
    shell = ["bash", "--norc", "--noprofile", "-i"]
    screen = await stack.enter_async_context(Terminal.run(shell, environment, home.workspace))
    await screen.until("shell>")
    screen.type(f"{LOOM} --provider demo\r")
    await screen.until("ready")
    screen.type("half a thought")
    await screen.until("› half a thought")
    screen.key("ctrl+z")
    await screen.until("Stopped", "shell>")
    screen.type("echo the shell $((40 + 2))\r")
    await screen.until("the shell 42")
    screen.type("fg\r")
    await screen.until("› half a thought", "ready")
    screen.type(" goes on")
    await screen.until("› half a thought goes on")
    screen.key("ctrl+u")
    await screen.until(PROMPT_LINE)
    screen.key("ctrl+d")
    await screen.until("shell>")


async def test_an_answer_goes_on_after_a_stop_of_which_nothing_was_said(loom):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        model.say("before ")
        await screen.until("before")
        screen.kill(signal.SIGSTOP)
        while not is_stopped(screen):
            await asyncio.sleep(0.01)
        model.say("after")
        model.end()
        screen.kill(signal.SIGCONT)
        await screen.until("before after", "ready")
        screen.type("keys work")
        await screen.until("› keys work")


async def test_a_dropped_connection_ends_it_and_the_thread_is_whole(loom, home):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        model.say("half an answer")
        await screen.until("half an answer")
        screen.hang_up()
        status = await asyncio.to_thread(screen.process.wait, 20)
    assert status == 0
    async with ThreadStore.open(home.database) as store:
        (head,) = await store.list(limit=5)
        texts = [message.text for message in visible(await store.entries(head.id))]
    assert "tell me" in texts[0]


async def test_a_megabyte_is_pasted_at_once_and_sent_as_it_is(loom):
    text = "".join(f"line {number} of a long paste\n" for number in range(40_000)) + "the end"
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        began = asyncio.get_running_loop().time()
        await screen.paste(text)
        await screen.until("[pasted 40001 lines]")
        assert asyncio.get_running_loop().time() - began < 5
        screen.key("enter")
        model.say("Read.")
        model.end()
        await screen.until("Read.", "ready")
    assert len(text) > 1_000_000
    assert "line 39999 of a long paste\\nthe end" in model.asked[0]


async def test_a_storm_of_resizes_while_streaming_leaves_the_right_screen(loom):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        for number in range(50):
            columns = 60 + (number * 37) % 241
            screen.resize(columns, 20 + (number * 7) % 61)
            model.say(f"**word {number}** and `code` and more words to wrap.\n\n")
            await asyncio.sleep(0.03)
        screen.resize(100, 30)
        model.end()
        await screen.until("word 49", "ready")
        await screen.steady(0.5)
        stormy = screen.text
        screen.kill(signal.SIGSTOP)
        screen.kill(signal.SIGCONT)  # which paints all again
        await screen.steady(0.7)
    assert screen.text == stormy


@pytest.mark.parametrize("size", [(60, 20), (100, 30), (160, 50)])
async def test_another_size_is_painted_whole_in_one_frame(loom, size):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        model.say("\n\n".join(f"**{number}** " + "many words " * 12 for number in range(30)))
        model.end()
        await screen.until("29", "ready")
        await screen.steady(0.5)
        start = len(screen.output)
        screen.resize(*size)
        await screen.steady(0.5)
    first, mark, _ = bytes(screen.output[start:]).partition(END)
    glass = pyte.Screen(*size)
    pyte.ByteStream(glass).feed(first.removeprefix(BEGIN))
    assert mark and "› " in "\n".join(glass.display)
    assert [line.rstrip() for line in glass.display] == screen.text.split("\n")


@pytest.mark.parametrize("term", ["xterm", "linux", "screen", "xterm-256color"])
async def test_few_colours_are_enough(loom, term):
    screen = await loom("--provider", "demo", TERM=term, COLORTERM="")
    screen.type("legible")
    await screen.until("› legible", "ready")
    is_many = b"38;5;" in screen.output or b"38;2;" in screen.output
    assert is_many == (term == "xterm-256color")
    # Rich's nearest colour for a panel would be 8, which Solarized shows as its background.
    assert (b";40m" in screen.output and b";100m" not in screen.output) or is_many
    assert not set(re.findall(rb"\x1b\[(\d+);(\d+)m", screen.output)) & {
        (b"%d" % (ink + 30), b"%d" % (ink + 40)) for ink in range(8)
    }


async def test_nobody_is_shown_a_spinner_where_nobody_looks(loom):
    async with dictated() as model:
        screen = await loom(**model.environment)
        await screen.until("ready")
        await say(screen, "tell me")
        model.say("one word")
        await screen.until("one word", "writing")
        screen.send(b"\x1b[O")
        await screen.until("writing 2s")
        start = len(screen.output)
        await screen.until("writing 5s")
        frames = screen.output[start:].count(BEGIN)
        model.end()
        await screen.until("ready")
    assert 3 <= frames <= 8  # ten times as many where the spinner turns


async def test_a_screen_that_was_written_over_can_be_drawn_again(loom):
    screen = await loom("--provider", "demo")
    screen.type("still mine")
    await screen.until("› still mine", "ready", "0% of")
    await screen.steady(0.3)
    mine = screen.text
    screen.scribble("\x1b[H\x1b[2JBroadcast message: the machine goes down")
    assert screen.text != mine
    screen.key("ctrl+l")
    await screen.when(lambda: screen.text == mine, "the screen as it was")


@pytest.mark.parametrize("columns", [60, 300])
async def test_narrow_and_wide_terminals_are_filled_and_not_more(loom, columns):
    screen = await loom("--provider", "demo", size=(columns, 24))
    await screen.until("ready", PROMPT_LINE)
    await screen.steady(0.3)
    lines = screen.text.split("\n")
    assert len(lines[0]) >= columns - 2 and "Enter send" in lines[23]
    assert set(lines[21]) == {"─"} and len(lines[21]) == columns


async def test_no_color_means_no_colour(loom):
    screen = await loom("--provider", "demo", NO_COLOR="1")
    screen.type("plain")
    await screen.until("› plain", "ready")
    inks = re.findall(rb"\x1b\[([\d;]+)m", screen.output)
    colours = {tuple(ink.split(b";")[2:5]) for ink in inks if ink.startswith((b"38;2", b"48;2"))}
    assert all(len(set(colour)) == 1 for colour in colours)  # greys at most


async def test_the_cursor_stands_in_the_find_bar(loom):
    screen = await loom("--provider", "demo")
    await screen.until("ready")
    screen.key("ctrl+f")
    await screen.until("in this conversation")
    screen.type("loom")
    await screen.when(lambda: screen.before_caret.endswith("loom"), "the caret in the bar")
