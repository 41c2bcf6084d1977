"""The programs that are measured, each pointed at the bench's provider from a home of its own."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from bench.terminals.pseudo_terminal import PseudoTerminal

HERE = Path(__file__).parent
KEY = "sk-ant-bench-0123456789abcdefghijklmnopqrstuvwxyz"
WARM = 2.0
"""Seconds after the prompt's appearance in which a program may finish what it starts late."""


@dataclass(frozen=True)
class Contestant:
    """How a program is started.

    Attributes:
        ready: what its screen shows when it takes a prompt, as a regular expression.
        files: text by path under the home; `{home}` and `{work}` stand for the folders.
        dialogs: questions that may come before the prompt, and the keys that answer them.
        store: a thread store that the home begins with, for Loom.
        pause: seconds between a prompt and Enter, which would else be taken for a paste.
    """

    name: str
    command: tuple[str, ...]
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    dialogs: tuple[tuple[str, str], ...] = ()
    store: Path | None = None
    pause: float = 0.05

    def with_arguments(self, *arguments: str, store: Path | None = None) -> "Contestant":
        """The same program, started with more words, on another store."""
        return replace(self, command=self.command + arguments, store=store)


def floor(port: int) -> Contestant:
    """The plain Textual app."""
    command = (sys.executable, str(HERE / "floor_app.py"), str(port))
    return Contestant("floor", command, "PROMPT-READY")


def loom(port: int) -> Contestant:
    """Loom as a person starts it, the provider's key in its environment."""
    url = f"http://127.0.0.1:{port}"
    environment = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY, "LOOM_MODE": "auto"}
    environment["LOOM_TITLE__MODEL"] = "off"
    command = (str(Path(sys.executable).with_name("loom")),)
    return Contestant("Loom", command, "Ask Loom to do something", environment)


@contextmanager
def launched(contestant: Contestant) -> Iterator[PseudoTerminal]:
    """The program in a home made for it, without waiting for anything."""
    with tempfile.TemporaryDirectory(prefix="tui-", ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve()
        work = home / "work"
        work.mkdir()
        (home / "run").mkdir(mode=0o700)
        furnish(contestant, home, work)
        with PseudoTerminal(contestant.command, environment(contestant, home), str(work)) as screen:
            yield screen


@contextmanager
def started(contestant: Contestant, warm: float = WARM) -> Iterator[PseudoTerminal]:
    """The program when it has shown its prompt and had `warm` seconds more."""
    with launched(contestant) as screen:
        await_prompt(screen, contestant)
        screen.rest(warm)
        yield screen


def furnish(contestant: Contestant, home: Path, work: Path) -> None:
    """The files that the program finds."""
    for name, text in contestant.files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{home}", str(home)).replace("{work}", str(work)))
    if contestant.store:
        folder = home / ".local/share/loom"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "loom.db").write_bytes(contestant.store.read_bytes())


def environment(contestant: Contestant, home: Path) -> dict[str, str]:
    """The variables of a person's shell, and the program's own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "NO_PROXY": "127.0.0.1,localhost",
        **contestant.environment,
    }


def await_prompt(screen: PseudoTerminal, contestant: Contestant, timeout: float = 60.0) -> float:
    """When the prompt could be seen, dialogs answered on the way. Raises TimeoutError."""
    dialogs = dict(contestant.dialogs)
    patterns = "|".join([contestant.ready, *dialogs])
    end = time.perf_counter() + timeout
    while True:
        at = screen.wait_for(patterns, end - time.perf_counter())
        asked = next((text for text in dialogs if screen.shows(text)), None)
        if asked is None:
            return at
        screen.rest(0.3)
        screen.type(dialogs.pop(asked))
        screen.rest(0.3)
        patterns = "|".join([contestant.ready, *dialogs])


NUMBERS = count(1)


@dataclass(frozen=True)
class Turn:
    """A prompt that was sent: when, and what the end of its answer looks like."""

    sent: float
    end: str

    def wait(self, screen: PseudoTerminal, timeout: float = 120.0) -> float:
        """When the end could be seen. Raises TimeoutError."""
        return screen.wait_for(self.end, timeout)


def send(screen: PseudoTerminal, contestant: Contestant, **wanted: object) -> Turn:
    """Types a prompt with the provider's marker (`bench.terminals.request`) and presses Enter."""
    marker = f"m{next(NUMBERS)}x"
    fields = {"marker": marker, **wanted}
    screen.type("go [[" + " ".join(f"{name}={value}" for name, value in fields.items()) + "]]")
    screen.wait_for(r"\]\]", 20.0)
    screen.rest(contestant.pause)
    sent = time.perf_counter()
    screen.type("\r")
    return Turn(sent, f"END-OF-ANSWER-{marker}")


def warm_up(screen: PseudoTerminal, contestant: Contestant) -> None:
    """A short turn that pays for what is imported and connected once."""
    send(screen, contestant, tokens=50).wait(screen)
    screen.settle(0.4, 4.0)
