import subprocess
import sys
from argparse import ArgumentParser

import pytest

from loom.cli.commands import COMMANDS, Command
from loom.cli.default import module_for, parse
from loom.cli.dispatch import load
from loom.cli.options import MODES, overrides, workspace_of
from loom.core import protocol
from tests.cli.conftest import Loom


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_of_the_table_can_be_asked_for_help(command: Command) -> None:
    module = load(command.module)
    module.add_arguments(ArgumentParser())
    assert module.HELP.strip()
    assert callable(module.run)


@pytest.mark.parametrize(
    ("words", "module"),
    [
        ([], "loom.cli.chat"),
        (["fix", "it"], "loom.cli.chat"),
        (["-p", "fix it"], "loom.cli.once"),
        (["--demo"], "loom.cli.demo"),
        (["--demo", "-p"], "loom.cli.demo"),
        (["--server", "--port", "0"], "loom.cli.server"),
    ],
)
def test_flags_decide_which_module_runs(words: list[str], module: str) -> None:
    assert module_for(parse(words)) == module


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ([], ""),
        (["why", "is", "it", "red?"], "why is it red?"),
        (["-p", "one", "--json", "two"], "one two"),
        (["-p", "list"], "list"),
        (["--", "list", "the", "bugs"], "list the bugs"),
        (["-p", "--", "--json", "is", "what?"], "--json is what?"),
        (["look", "--", "-x"], "look -x"),
    ],
)
def test_the_prompt_is_every_word_that_is_no_flag(words: list[str], prompt: str) -> None:
    assert parse(words).prompt == prompt


def test_a_first_word_that_names_a_command_is_that_command(loom: Loom) -> None:
    assert loom("version").stdout.startswith("loom ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list", "the", "open", "bugs"], "loom -- list the …"),
        (["server", "crashes"], "loom -- server crashes …"),
        (["dleete"], "loom delete? To say it to the model: loom -- dleete"),
    ],
)
def test_a_prompt_that_was_taken_for_a_command_is_told_how_to_be_one(
    loom: Loom, words: list[str], told: str
) -> None:
    done = loom(*words)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr


def test_wrong_flags_of_a_command_are_no_prompt(loom: Loom) -> None:
    assert "loom --" not in loom("list", "--nonsense").stderr


def test_paragraphs_of_help_are_as_wide_as_the_terminal_and_examples_stay(loom: Loom) -> None:
    lines = loom("resume", "--help", COLUMNS="60").stdout.splitlines()
    assert max(map(len, lines)) <= 60
    shared = loom("share", "--help", COLUMNS="60").stdout
    assert "\n  loom share T-0199 --public --expires 7d\n" in shared


@pytest.mark.parametrize("words", [["help"], ["help", "share"]])
def test_the_word_help_is_help(loom: Loom, words: list[str]) -> None:
    assert loom(*words).stdout == loom(*words[1:], "--help").stdout


def test_flags_override_settings_and_what_was_not_given_does_not() -> None:
    args = parse(["--model", "m", "--mode", "plan", "hello"])
    assert overrides(args) == {"model": "m", "mode": "plan"}
    assert workspace_of(args).is_absolute()


def test_allow_takes_a_rule_with_or_without_its_first_word() -> None:
    args = parse(["--allow", "bash(make *)", "--allow", "allow web_search", "hello"])
    assert args.allow == ["allow bash(make *)", "allow web_search"]


def test_the_modes_of_the_command_line_are_the_cores() -> None:
    assert protocol.MODES == MODES


LOADING = """
import gc
from loom.cli.dispatch import load
def searches(): return sum(each["collections"] for each in gc.get_stats())
before = searches()
load("loom.cli.chat")
print(searches() - before, gc.isenabled())
"""


def test_what_a_command_imports_is_not_looked_through_for_garbage() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True)
    assert done.stdout == "0 True\n"


def test_python_dash_m_loom_is_loom(loom: Loom) -> None:
    script = subprocess.run(
        [sys.executable, "-c", "from loom.cli.main import main; main(['--help'])"],
        capture_output=True,
        text=True,
    )
    assert loom("--help").stdout == script.stdout
