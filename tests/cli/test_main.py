import os
import subprocess
import sys
from pathlib import Path

import pytest

from loom import __version__
from tests.cli.conftest import Loom

HEAVY = ("textual", "aiohttp", "anthropic", "openai", "google", "rich", "asyncio", "sqlite3")


def modules_after(code: str) -> set[str]:
    show = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_starting_imports_nothing_heavy() -> None:
    assert not modules_after("import loom.cli.main") & {*HEAVY, "msgspec", "argparse", "typing"}


def test_help_imports_nothing_heavy() -> None:
    code = "from loom.cli.default import make_parser; make_parser().format_help()"
    assert not modules_after(code) & {*HEAVY, "msgspec"}


def test_version_is_one_line(loom: Loom) -> None:
    assert loom("--version").stdout == f"loom {__version__}\n"
    assert loom("-V").stdout == f"loom {__version__}\n"


def test_help_shows_the_commands_and_teaches_by_examples(loom: Loom) -> None:
    text = loom("--help").stdout
    assert "doctor" in text
    assert "examples:" in text
    assert "ANTHROPIC_API_KEY" in text


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "hello"],
        ["--port", "80"],
        ["--port", "many", "--server"],
        ["--server", "hello"],
        ["--mode", "reckless", "hello"],
        ["-w", "/no/such/folder"],
        ["--no-such-flag"],
        ["config", "--no-such-flag"],
    ],
)
def test_wrong_usage_is_status_2_and_says_what_is_wrong(loom: Loom, words: list[str]) -> None:
    done = loom(*words)
    assert done.returncode == 2
    assert "error:" in done.stderr


def test_an_error_of_ours_is_one_line_and_status_1(loom: Loom, tmp_path: Path) -> None:
    file = tmp_path / ".config" / "loom" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("mode = 3")
    done = loom("config")
    assert done.returncode == 1
    assert done.stderr.startswith(f"loom: {file}: mode:")
    assert done.stderr.count("\n") == 1


INTERRUPTED_WHILE_READING = """
import signal, sys
from loom.cli.main import main

class Interrupting:
    def isatty(self):
        return False

    def read(self):
        signal.raise_signal(signal.SIGINT)

sys.stdin = Interrupting()
sys.exit(main(["-p"]))
"""


def test_an_interrupt_is_status_130_without_a_trace(clean_environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_READING],
        env=clean_environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["config"]])
def test_a_reader_that_went_away_is_met_with_silence(
    words: list[str], clean_environment: dict[str, str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "loom", *words],
            env=clean_environment,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (141, "")
