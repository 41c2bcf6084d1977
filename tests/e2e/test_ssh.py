"""Loom at the far end of the real OpenSSH, on a good link, a slow one, and one that breaks."""

import asyncio
import json
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from loom.host.reach import daemon_socket
from tests.e2e.conftest import LOOM, Home
from tests.e2e.person import PROMPT_LINE, say
from tests.e2e.relay import Relay
from tests.e2e.ssh import Sshd, command
from tests.e2e.terminal import Terminal
from tests.e2e.test_clipboard import clipboard_of
from tests.fakes.dictation import Dictation, dictated

WAY = 0.1
"""Seconds from one end of the slow link to the other: 200 ms there and back."""

TMUX = """
set -s set-clipboard on
set -g status off
set -as terminal-features ',*:clipboard:RGB'
"""


@pytest.fixture
async def sshd(home: Home, stack: AsyncExitStack) -> Sshd:
    folder = stack.enter_context(TemporaryDirectory(prefix="sshd-"))
    return await stack.enter_async_context(Sshd.run(Path(folder)))


@pytest.fixture(autouse=True)
async def no_daemon_stays(home: Home, run):
    yield
    if daemon_socket(home.environment).exists():
        await run("daemon", "stop")


@pytest.fixture
def ssh(home: Home, sshd: Sshd, stack: AsyncExitStack):
    """`await ssh("--demo")` is the app there, in a terminal here; `port` may be a relay's."""

    async def start(
        *words: str,
        port: int = 0,
        argv: tuple[str, ...] = LOOM,
        here=None,
        inside: tuple[str, ...] = (),
        **variables: str,
    ) -> Terminal:
        far = {k: v for k, v in home.environment.items() if k != "COLORTERM"} | variables
        line = command(home.workspace, far, [*argv, *words])
        client = sshd.argv(line, port=port)
        if inside:
            client = [*inside, shlex.join(client) + "; echo ended with $?; exec cat"]
        near = {**home.environment, **(here or {})}
        return await stack.enter_async_context(Terminal.run(client, near, home.workspace))

    return start


@pytest.fixture
def tmux(home: Home) -> Iterator[tuple[str, ...]]:
    """The words before those of a tmux, which knows what the terminal can do."""
    socket, settings = home.temporary / "tmux", home.root / "tmux.conf"
    settings.write_text(TMUX)
    yield ("tmux", "-u", "-S", str(socket), "-f", str(settings))
    subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, check=False)


@pytest.fixture(params=["alone", "tmux"])
def argv(tmux, request) -> tuple[str, ...]:
    """Loom by itself, and in a tmux there."""
    return LOOM if request.param == "alone" else (*tmux, "new", *LOOM)


@pytest.fixture
def near(tmux) -> dict:
    """The client in a tmux here."""
    # The emulator has no SU, with which tmux scrolls an xterm.
    return {"inside": (*tmux, "new"), "here": {"TERM": "linux"}}


@pytest.fixture
async def slow(sshd: Sshd, stack: AsyncExitStack) -> Relay:
    return await stack.enter_async_context(Relay.to(sshd.port, WAY))


@pytest.fixture
async def model(stack: AsyncExitStack) -> Dictation:
    return await stack.enter_async_context(dictated())


@pytest.mark.parametrize(("sent", "ink"), [("truecolor", b"38;2;"), ("", b"38;5;")])
async def test_colours_are_as_many_as_the_persons_terminal_has(ssh, argv, sent, ink):
    screen = await ssh("--provider", "demo", argv=argv, here={"COLORTERM": sent})
    await screen.until("ready", "0% of", PROMPT_LINE)  # the daemon is there
    assert {kind for kind in (b"38;2;", b"38;5;") if kind in screen.output} == {ink}


async def test_the_mouse_and_the_size_go_through(ssh, argv, model):
    screen = await ssh(argv=argv, **model.environment)
    await screen.until("ready")
    await say(screen, "tell me")
    model.say("".join(f"line {number}\n\n" for number in range(100)))
    model.end()
    await screen.until("line 99", "ready")
    screen.send(b"\x1b[<64;20;10M" * 4)
    await screen.until_gone("line 99")
    screen.resize(100, 40)
    await screen.when(lambda: "Enter send" in screen.text.split("\n")[39], "the last line")
    screen.send(b"\x1b[<65;20;10M" * 50)
    await screen.until("line 99")


async def test_a_paste_of_64_kilobytes_arrives_as_it_was_sent(ssh, argv, model):
    text = "".join(f"line {number} of a paste, ü\n" for number in range(2_700)) + "the end"
    screen = await ssh(argv=argv, **model.environment)
    await screen.until("ready")
    await screen.paste(text)
    await screen.until("[pasted 2701 lines]")
    screen.key("enter")
    model.say("Read.")
    model.end()
    await screen.until("Read.", "ready")
    assert len(text.encode()) > 65_536
    assert sent_to(model) == text


def sent_to(model: Dictation) -> str:
    """What the person's last message said to the model."""
    (content,) = [
        part["text"]
        for part in json.loads(model.asked[-1])["messages"][-1]["content"]
        if part["type"] == "text" and not part["text"].startswith("<")
    ]
    return content


async def test_what_is_copied_reaches_the_persons_terminal(ssh, argv, model):
    screen = await ssh(argv=argv, **model.environment)
    await screen.until("ready")
    text = await copied(screen, model)
    await screen.when(lambda: bool(clipboard_of(screen)), "the clipboard")
    assert set(clipboard_of(screen)) == {text}


async def copied(screen: Terminal, model: Dictation) -> str:
    """An answer of several lines, which `/copy` was told to copy."""
    text = "Zeile eins, süß.\n\n日本 two\n\n" + "long " * 300 + "end"
    await say(screen, "tell me")
    model.say(text)
    model.end()
    await screen.until("long end", "ready")
    await say(screen, "/copy")
    return text


async def test_the_first_picture_waits_for_no_answer_of_the_terminal(ssh, slow):
    screen = await ssh("--provider", "demo", port=slow.port)
    await screen.when(lambda: b"\x1b[?1049h" in screen.output, "the app")
    slow.goes_there.clear()
    await screen.until(PROMPT_LINE, "ready", "0% of")
    slow.goes_there.set()
    screen.type("and it takes keys")
    await screen.until("› and it takes keys")


async def test_on_a_slow_link_typing_ahead_keeps_its_order(ssh, slow, model):
    screen = await ssh(port=slow.port, **model.environment)
    await screen.when(lambda: b"\x1b[?1049h" in screen.output, "the app")
    await typed_ahead(screen, model)


async def test_on_a_slow_link_typing_keeps_its_order_in_a_tmux_there(ssh, slow, model, tmux):
    screen = await ssh(port=slow.port, argv=(*tmux, "new", *LOOM), **model.environment)
    await screen.until(PROMPT_LINE)
    await typed_ahead(screen, model)


async def test_on_a_slow_link_typing_keeps_its_order_in_a_tmux_here(ssh, slow, model, near):
    screen = await ssh(port=slow.port, **near, **model.environment)
    await screen.until(PROMPT_LINE)
    await typed_ahead(screen, model)


async def typed_ahead(screen: Terminal, model: Dictation) -> None:
    """A line typed as fast as can be, and its answer."""
    text = "the quick brown fox jumps over the lazy dog 0123456789"
    for letter in text:
        screen.type(letter)
        await asyncio.sleep(0)
    screen.key("enter")
    for number in range(120):
        model.say(f"word{number} ")
        await asyncio.sleep(0)
    model.end()
    await screen.until("word119", "ready")
    assert sent_to(model) == text
    assert numbers_on(screen) == list(range(120))


def numbers_on(screen: Terminal) -> list[int]:
    """The words of the answer, as they can be read."""
    return [int(number) for number in re.findall(r"word(\d+)", screen.words)]


async def test_a_turn_goes_on_when_the_link_breaks(sshd, ssh, model):
    async with Relay.to(sshd.port) as link:
        first = await begun(await ssh(port=link.port, **model.environment), model)
        link.cut()
        assert await first.exit() == 255
    await ended_in_another_login(ssh, model)


async def test_a_turn_goes_on_when_the_client_is_killed(ssh, model):
    first = await begun(await ssh(**model.environment), model)
    first.kill(signal.SIGKILL)
    await ended_in_another_login(ssh, model)


async def begun(screen: Terminal, model: Dictation) -> Terminal:
    """The screen once the answer has begun."""
    await screen.until("ready")
    await say(screen, "tell me")
    for number in range(10):
        model.say(f"word{number} ")
    await screen.until("word9")
    return screen


async def ended_in_another_login(ssh, model: Dictation) -> None:
    """`loom attach` shows the answer that runs, and its end, each word once."""
    for number in range(10, 20):
        model.say(f"word{number} ")
    second = await ssh("attach")
    await second.until("tell me", "word19", "writing")
    for number in range(20, 30):
        model.say(f"word{number} ")
    model.end()
    await second.until("word29", "ready")
    assert numbers_on(second) == list(range(30))
    assert len(model.asked) == 1


async def test_in_a_tmux_there_the_screen_itself_outlives_the_link(sshd, ssh, model, tmux):
    async with Relay.to(sshd.port) as link:
        first = await ssh(port=link.port, argv=(*tmux, "new", *LOOM), **model.environment)
        await begun(first, model)
        link.cut()
        assert await first.exit() == 255
    for number in range(10, 20):
        model.say(f"word{number} ")
    second = await ssh(argv=(*tmux, "attach"))
    await second.until("tell me", "word19", "writing")
    for number in range(20, 30):
        model.say(f"word{number} ")
    model.end()
    await second.until("word29", "ready")
    assert numbers_on(second) == list(range(30))
    assert len(model.asked) == 1


async def test_in_a_tmux_here_a_broken_link_ends_the_client_and_the_turn_goes_on(
    sshd, ssh, model, near
):
    async with Relay.to(sshd.port) as link:
        first = await begun(await ssh(port=link.port, **near, **model.environment), model)
        link.cut()
        await first.until("ended with 255")
    await ended_in_another_login(ssh, model)
