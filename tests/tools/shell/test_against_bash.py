"""What bash really runs is among what was read: bash itself is the oracle."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from loom.sandbox import find_sandbox
from loom.tools.shell import parse

NAMES = ["alpha", "beta", "rm", "git", "ls", "cat"]
"""Programs that only note how they were called."""
WRAPPERS = ["env", "xargs", "timeout", "nohup", "find", "sh", "bash", "nice", "setsid"]
"""Programs that run others, the real ones."""
SHIM = """#!/bin/sh
line=${0##*/}
for word in "$@"; do line="$line $word"; done
printf '%s\\036' "$line" >> "$NOTES"
"""
UNSTEADY = set("$`*?[{~<")

NOISE = [
    *("'", '"', "\\", "$(", ")", "`", ";", "&&", "||", "|", "\n", "#", " #", "{ ", "; }", "{", "}"),
    *(
        "<<E\n",
        "\nE\n",
        "<<'E'\n",
        "<<-E\n",
        " ",
        "\t",
        ">",
        "> o ",
        ">>",
        ">&",
        "2>&1",
        "<(",
        "((",
    ),
    *("))", "$((", "$'", '$"', "[[ ", " ]]", "[ ", " ]", "if ", "; then ", "; fi", "case x in "),
    *(
        "esac",
        ";;",
        "x) ",
        "; do ",
        "; done",
        "for i in a; do ",
        "! ",
        "time ",
        "f() ",
        "x=",
        "x=1 ",
    ),
    *("-c ", "bash -c ", "env ", "xargs ", "find . -exec ", " \\; ", "eval ", "command ", "exec "),
    *(
        "\\\n",
        "&",
        "&>",
        "|&",
        "<<<",
        "$x",
        "${x:-",
        "*",
        "?",
        "~",
        "=",
        "{a,b}",
        "coproc ",
        "trap ",
    ),
    *(
        "export ",
        "unset ",
        "read ",
        "printf ",
        "test ",
        "\\ ",
        "\\#",
        "\\;",
        "$ ",
        "\n\\\n",
        *NAMES,
    ),
]


def quoted(name: str) -> st.SearchStrategy[str]:
    """`name` as bash can be made to read it."""
    where = st.integers(0, len(name) - 1)
    return st.one_of(
        st.sampled_from([name, f"'{name}'", f'"{name}"', name + "''"]),
        where.map(lambda at: f"{name[:at]}\\{name[at:]}"),
        where.map(lambda at: f"{name[:at]}''{name[at:]}"),
        where.map(lambda at: f"'{name[:at]}'\"{name[at:]}\""),
        where.map(lambda at: f"{name[:at]}\\\n{name[at:]}"),
        st.just("$'" + "".join(f"\\x{ord(char):02x}" for char in name) + "'"),
        st.just("$'" + "".join(f"\\{ord(char):03o}" for char in name) + "'"),
    )


PREFIXES = ["", "", "", "x=1 ", "env ", "nohup ", "timeout 5 ", "command ", "exec ", "! ", "time "]
SUFFIXES = [
    *("", "", "", " > o", " 2>&1", " < /dev/null", " >o a", " <<<a", " # c; rm", " \\\n b"),
    *(" <<E\n$(beta)\nE", " <<'E'\n$(beta)\nE", " <<-E\n\tx\n\tE", " <<E | alpha\nx\nE"),
]
WORDS = ["a", "-x", "'b c'", '"d;e"', "\\;", "#h", "a#b", "x=y", "'#'", "in", "do", '"{"', "--"]
SIMPLE = st.builds(
    lambda prefix, name, words, suffix: prefix + " ".join([name, *words]) + suffix,
    st.sampled_from(PREFIXES),
    st.sampled_from(NAMES).flatmap(quoted),
    st.lists(st.sampled_from(WORDS), max_size=2),
    st.sampled_from(SUFFIXES),
)
SHAPES = [
    *(
        "{}; {}",
        "{} && {}",
        "{} || {}",
        "{} | {}",
        "{}\n{}",
        "({}; {})",
        "{{ {}; {}; }}",
        "{} & {}",
    ),
    *(
        'alpha "$({})" $({})',
        "alpha `{}` '{}'",
        "if {}; then {}; fi",
        "for i in a b; do {}; {}; done",
    ),
    *("case a in b) {};; *) {};; esac", "f() {{ {}; }}; f; {}", "bash -c '{}'; {}", "x=$({}) {}"),
    *("[ a = a ] && {}; {}", "[[ a == b ]] || {}; {}", "find . -maxdepth 0 -exec {} \\; ; {}"),
    *("cat <({}) <({})", "trap '{}' EXIT; {}", "! {}; time {}", "while {}; do {}; break; done"),
]
LINES = st.recursive(
    SIMPLE,
    lambda inner: st.builds(
        lambda shape, a, b: shape.format(a, b), st.sampled_from(SHAPES), inner, inner
    ),
    max_leaves=5,
)


@st.composite
def disturbed(draw: st.DrawFn) -> str:
    """A line with up to three pieces put in, or taken out, anywhere."""
    line = draw(LINES)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line)))
        if draw(st.booleans()):
            line = line[:at] + draw(st.sampled_from(NOISE)) + line[at:]
        else:
            line = line[:at] + line[at + draw(st.integers(1, 3)) :]
    return line


class Oracle:
    """Runs lines in a bash whose every program notes how it was called, confined for safety."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sandbox = find_sandbox(folder, environment={"PATH": os.environ["PATH"]})
        assert self._sandbox.is_confining, self._sandbox.statement
        (folder / "bin").mkdir()
        for name in NAMES:
            (folder / "bin" / name).write_text(SHIM)
            (folder / "bin" / name).chmod(0o755)
        for name in WRAPPERS:
            (folder / "bin" / name).symlink_to(str(shutil.which(name)))

    def calls(self, line: str) -> list[str]:
        """The command lines of all programs that ran."""
        notes = self._folder / "notes"
        notes.write_bytes(b"")
        environment = {"PATH": f"{self._folder}/bin", "NOTES": str(notes), "FUNCNEST": "5"}
        command = ["/usr/bin/timeout", "-s", "KILL", "2", "/bin/bash", "-c", line]
        argv = self._sandbox.wrap(command, self._folder, self._folder, environment)
        subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
        return notes.read_text(errors="replace").split("\036")[:-1]


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    return Oracle(tmp_path_factory.mktemp("oracle").resolve())


def demand_nothing_hidden(oracle: Oracle, line: str) -> None:
    parsed = parse(line)
    assume(parsed.is_parsed)
    programs = {target.partition(" ")[0] for target in parsed.targets}
    is_steady = not UNSTEADY & set(line) and "xargs" not in line
    for call in oracle.calls(line):
        assert call.partition(" ")[0] in programs
        assert not is_steady or call in parsed.targets


NEVER_MIND = [HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=NEVER_MIND)
@given(line=disturbed())
def test_no_program_runs_that_was_not_read(oracle: Oracle, line: str) -> None:
    demand_nothing_hidden(oracle, line)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=NEVER_MIND)
@given(line=disturbed())
def test_no_program_runs_that_was_not_read_at_length(oracle: Oracle, line: str) -> None:
    demand_nothing_hidden(oracle, line)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=NEVER_MIND)
@given(name=st.sampled_from(NAMES).flatmap(quoted))
def test_quoted_name_is_read_as_bash_reads_it(oracle: Oracle, name: str) -> None:
    parsed = parse(f"{name} x")
    assume(parsed.is_parsed)
    assert oracle.calls(f"{name} x") == [*parsed.targets]


def test_oracle_sees_what_runs(oracle: Oracle) -> None:
    assert oracle.calls("ev'a'l 'r''m x'; $(echo git) push") == ["rm x", "git push"]


@pytest.mark.parametrize(
    "line",
    [
        # Each was once read wrong.
        "exec bet\\\na b",
        "time ! alpha",
        "time x=v alpha",
        "exec be\\ta\n\\\nls",
        ">> $ alpha",
        "git -2>&1",
        "git {fd}>o push",
        "alpha <<-E\n\tx\n\tE; ls <<'E'\n$(beta)\nE",
    ],
)
def test_line_that_once_hid_a_command(oracle: Oracle, line: str) -> None:
    parsed = parse(line)
    ran = set(oracle.calls(line))
    assert ran
    assert not parsed.is_parsed or ran <= set(parsed.targets)
