"""A home of its own for every test, and the real program started in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.e2e.terminal import Terminal

LOOM = (sys.executable, "-m", "loom")


@dataclass(frozen=True)
class Finished:
    """How a program ended that had no terminal."""

    status: int
    out: str
    err: str


@dataclass
class Home:
    """A person's machine: home folder, runtime folder, temporary folder and one workspace."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in (self.home, self.temporary, self.workspace):
            folder.mkdir()
        (self.root / "run").mkdir(mode=0o700)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def workspace(self) -> Path:
        return self.root / "work"

    @property
    def database(self) -> Path:
        return self.home / ".local/share/loom/loom.db"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "COLORTERM": "truecolor",
            "TMPDIR": str(self.temporary),
            "XDG_RUNTIME_DIR": str(self.root / "run"),
            # Scripts of fake models count the questions; titles have tests of their own.
            "LOOM_TITLE__MODEL": "off",
            **self.variables,
        }


@pytest.fixture
def home() -> Iterator[Home]:
    """Its paths are short, for a Unix socket's must stay under 104 bytes."""
    with TemporaryDirectory(prefix="e2e-", ignore_cleanup_errors=True) as folder:
        yield Home(Path(folder).resolve())


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def loom(home: Home, stack: AsyncExitStack):
    """`await loom("--demo")` is the app in a terminal, which is killed when the test is over."""

    async def start(*words: str, size: tuple[int, int] = (80, 24), **variables: str) -> Terminal:
        environment = {**home.environment, **variables}
        running = Terminal.run([*LOOM, *words], environment, home.workspace, size)
        return await stack.enter_async_context(running)

    return start


@pytest.fixture
def run(home: Home):
    """`await run("-p", "hello")` runs the program without a terminal, to its end."""

    async def run(*words: str, stdin: bytes = b"", **variables: str) -> Finished:
        process = await asyncio.create_subprocess_exec(
            *LOOM,
            *words,
            env={**home.environment, **variables},
            cwd=home.workspace,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(40):
                out, err = await process.communicate(stdin)
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())

    return run
