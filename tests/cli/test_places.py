"""Unkind surroundings: every one ends in a line that says what is wrong, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Loom
from tests.cli.test_main import modules_after

LONG = "d" * 100


def failed_clearly(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that it said."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc/nowhere"])
def test_a_home_that_cannot_be_written_is_said(loom: Loom, home: str) -> None:
    assert "cannot create" in failed_clearly(loom("-p", "hi", HOME=home))


def test_a_user_without_a_home_is_told_to_set_one(clean_environment: dict[str, str]) -> None:
    del clean_environment["HOME"]
    code = (
        "import os, sys; sys.path[:0] = sys.argv[1:]; from loom import directories;"
        "import pwd, loom.core.errors; os.setuid(54321);\n"
        "try: directories.home_directory({})\n"
        "except loom.core.errors.ConfigError as error: print(error.message, error.hint)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment, capture_output=True, text=True
    )
    assert done.stdout == "user 54321 has no home folder Set HOME.\n"


def test_a_damaged_database_is_said_with_what_to_do(loom: Loom, tmp_path: Path) -> None:
    folder = tmp_path / ".local/share/loom"
    folder.mkdir(parents=True)
    (folder / "loom.db").write_bytes(os.urandom(20_000))
    assert "damaged" in failed_clearly(loom("-p", "hi"))


def test_a_runtime_folder_with_a_long_path_is_no_obstacle(loom: Loom, tmp_path: Path) -> None:
    done = loom("--demo", "-p", "hi", XDG_RUNTIME_DIR=str(tmp_path / LONG))
    assert done.returncode == 0


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_obstacle(
    clean_environment: dict[str, str], tmp_path: Path, closed: str
) -> None:
    command = f"{sys.executable} -m loom --demo -p --json hi {closed}"
    done = subprocess.run(
        ["sh", "-c", command],
        env=clean_environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_two_looms_at_once_share_one_home(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "loom", "-p", "hi", "--provider", "demo"],
            env=clean_environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    assert [process.communicate()[1].count(b"thread T-") for process in running] == [1, 1]
    assert {process.returncode for process in running} == {0}


def test_a_turn_with_the_embedded_server_imports_no_sdk() -> None:
    code = "from loom.cli.main import main; main(['--demo', '-p', 'hi'])"
    seen = modules_after(code)
    assert "aiohttp" in seen
    assert not seen & {*SDKS, "textual"}


RUNNING_APP = """
import asyncio, os, sys, tempfile
from pathlib import Path
from loom.app import LoomApp
from loom.cli.assemble import open_host
from loom.cli.plan import Plan
from loom.config.load import load
from loom.core.protocol import TurnFinished
from loom.screens.start import Start

async def main():
    here = Path(tempfile.mkdtemp())
    os.environ["HOME"] = str(here)
    plan = Plan(here, load(os.environ, here, {"provider": "demo"}).settings, os.environ)
    app = LoomApp(Start(lambda: open_host(plan), here, provider="demo", prompt="hi"))
    async with app.run_test() as pilot:
        session = None
        while (session := app.screen.conversation.session) is None:
            await pilot.pause(0.01)
        async for event in session.events(after=0):
            if isinstance(event, TurnFinished):
                print(event.reason)
                break

asyncio.run(main())
# The name `google` is an empty namespace of many packages; looking for one of them makes it.
print("SDKs:", *(name for name in sys.modules if name.startswith("google.")))
"""
SDKS = {"anthropic", "openai", "vertexai", "httpx"}


def test_a_running_app_with_the_embedded_server_imports_no_sdk() -> None:
    run = [sys.executable, "-c", RUNNING_APP + "print(*sys.modules)"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    reason, google, modules = done.stdout.splitlines()
    assert (reason, google) == ("done", "SDKs:")
    assert {"textual", "aiohttp"} <= set(modules.split())
    assert not SDKS & set(modules.split())


def test_the_screens_import_no_sdk_and_no_server() -> None:
    code = "import loom.app, loom.screens.chat, sys; print('loom.server' in sys.modules)"
    seen = modules_after(code)
    assert "textual" in seen
    assert not seen & {*SDKS, "google", "aiohttp"}
