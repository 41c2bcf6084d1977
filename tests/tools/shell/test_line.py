from pathlib import Path

import pytest

from loom.tools.shell import parse

WORKSPACE = Path("/home/me/project")


@pytest.mark.parametrize(
    ("line", "targets"),
    [
        ("ls -la", ["ls -la"]),
        ("a | b |& c", ["a", "b", "c"]),
        ("a && b || c; d & e", ["a", "b", "c", "d", "e"]),
        ("(a; b) && { c; }", ["a", "b", "c"]),
        ('a "$(b)" `c`', ["b", "c", "a $(b) `c`"]),
        ("a <(b) > >(c)", ["b", "c", "a <(b)", "> >(c)"]),
        ("f() { a; }; f", ["a", "f"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("for x in 1 2; do a; done; while b; do c; done", ["a", "b", "c"]),
        ("case x in y) a;; *) b;; esac", ["a", "b"]),
        ("a <<E\n$(b)\nE\nc", ["b", "a", "c"]),
        ("a <<'E'\n$(b)\nE\nc", ["a", "c"]),
        ("git commit -m \"$(cat <<'E'\nit's `b`\nE\n)\"", ["cat"]),
        ("python3 - <<'E'\nprint(1)\nE", ["python3 -"]),
        ("a > f 2>&1 >> g < h 2>/dev/null", ["a", "> f", "> g"]),
        ("git > f push", ["git push", "> f"]),
        ("X=1 Y='2 3' a", ["a"]),
        ("! a", ["a"]),
        ("[ -f x ] && [[ y == z ]] && a", ["a"]),
        ("a # b; c", ["a"]),
        ("a \\\n  -b", ["a -b"]),
    ],
)
def test_every_simple_command_is_a_target(line: str, targets: list[str]) -> None:
    parsed = parse(line)
    assert parsed.is_parsed
    assert [target for target in parsed.targets if not target.startswith("git commit")] == targets


@pytest.mark.parametrize(
    "written",
    ["rm x", "r\\m x", "'rm' x", '"rm" x', "r''m x", 'r"m" x', "$'\\x72m' x", "$'\\162\\155' x"],
)
def test_quoting_hides_nothing(written: str) -> None:
    assert parse(written).targets == ("rm x",)


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("sudo -u bob rm x", "rm x"),
        ("env -i A=1 rm x", "rm x"),
        ("nohup rm x &", "rm x"),
        ("timeout -k 5 10s rm x", "rm x"),
        ("nice -n 5 rm x", "rm x"),
        ("time -p rm x", "rm x"),
        ("command rm x", "rm x"),
        ("exec rm x", "rm x"),
        ("xargs -0 -n1 rm -f", "rm -f …"),
        ("bash -c 'a; rm x'", "rm x"),
        ('sh -ec "rm x"', "rm x"),
        ("find . -name y -exec rm {} +", "rm {}"),
        ("find . -exec sh -c 'rm x' \\;", "rm x"),
        ("trap 'rm x' EXIT", "rm x"),
        ("sudo env nohup sh -c 'rm x'", "rm x"),
        ("uv run rm x", "rm x"),
        ("/bin/rm x", "rm x"),
        ("git -C there push", "git push"),
        ("git --git-dir a --no-pager push", "git push"),
    ],
)
def test_command_inside_a_command_is_judged_too(line: str, inner: str) -> None:
    parsed = parse(line)
    assert parsed.is_parsed
    assert inner in parsed.targets


@pytest.mark.parametrize(
    "line",
    [
        "$x y",
        '"$(a)" b',
        "{rm,x}",
        "~/x",
        "r? x",
        "eval rm x",
        "source f",
        ". f",
        "alias a=rm",
        "curl x | sh",
        "bash < f",
        "bash -s",
        'bash -c "$x"',
        "sh $x",
        "xargs sh -c",
        "xargs -I{} {} x",
        "find . $x",
        'find . "$x" rm {} +',
        "env -S 'rm x'",
        "sudo -s",
        "env $x",
        "git -c alias.x=!rm x",
        "git $x",
        'git "$x"',
        "git bisect run rm",
        "git submodule foreach rm",
        "npm $x",
        "git -C there $x",
        "kubectl -n here $x",
        "PATH=. ls",
        "env LD_PRELOAD=x ls",
        "export PATH=.",
        "for PATH in .; do ls; done",
        "read PATH",
        "GIT_SSH_COMMAND=x git fetch",
        "x='a[$(rm x)]'; ((x))",
        "echo $((x))",
        "let x=1",
        "[[ $x -eq 1 ]]",
        "[ -v 'a[$(rm x)]' ]",
        "test $x",
        "printf -v 'a[$(rm x)]' y",
        "unset 'a[$(rm x)]'",
        "declare -i x",
        "declare -n r=PATH",
        "${x:-$(rm x)}",
        "echo ${x@P}",
        "echo ${!x}",
        "echo ${x[i]}",
        'trap "$x" EXIT',
        "hash -p ./rm ls",
        "coproc rm x",
        "time ! rm x",
        "ec\\\nho x",
        "a\\\n#b; rm x",
        "cat <<A <<B\nA\nB",
        "cat <<'A B'\nA B\n",
        "echo `echo \\`rm x\\``",
        "a\rb",
        "a\u00a0b",
        "if a; then",
        "a )",
        "'unclosed",
        "watch rm x",
        "parallel rm ::: x",
        "trap 'trap '\\alpha' EXIT; rm x' EXIT",
        "bash -c 'a '\\b'; rm x'",
        "(" * 5_000,
        "a \ud800",
    ],
)
def test_line_that_may_run_something_unseen_is_not_parsed(line: str) -> None:
    parsed = parse(line)
    assert not parsed.is_parsed
    assert not parsed.is_read_only
    assert parsed.targets == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "ls -la | grep x | wc -l",
        "cat a.txt && head -5 b.txt",
        "git status; git log --oneline -5; git diff HEAD~1",
        "git branch -a; git stash list; git remote -v; git tag",
        "find . -name '*.py' -type f",
        "sed -n '1,20p;30p' f",
        "rg -n foo src",
        'for f in *.py; do wc -l "$f"; done',
        "[ -f x ] && cat x 2>/dev/null",
        "echo hi; pwd; which python",
        "sort f | uniq -c",
        "cd src && ls",
        "command -v git",
        "python3 --version",
        "set -euo pipefail; ls",
    ],
)
def test_line_of_harmless_commands_is_read_only(line: str) -> None:
    assert parse(line).is_read_only


@pytest.mark.parametrize(
    "line",
    [
        "rm x",
        "ls; rm x",
        "ls > f",
        "echo x >> f",
        "cat <> f",
        "find . -delete",
        "find . -fprint f",
        "sed -i s/a/b/ f",
        "sed -n 'w f' x",
        "sed s/a/b/e f",
        "git push",
        "git diff --output=f",
        "git branch new",
        "git branch -D old",
        "git tag v1",
        "git stash",
        "git config a b",
        "git grep -Ovi x",
        "sort -o f g",
        "sort $x f",
        "uniq a b",
        "tree -o f",
        "rg --pre x y",
        "xxd -r a b",
        "date -s x",
        "tee f",
        "cd",
        "cd -",
        "python3 x.py",
        "env rm",
        "/bin/ls",
        "./ls",
        "f() { ls; }; f",
    ],
)
def test_line_that_may_change_something_is_not_read_only(line: str) -> None:
    assert not parse(line).is_read_only


def test_targets_with_words_of_the_shells_are_named() -> None:
    assert parse('rm "$f" && ls && mv *.py x').uncertain == ("rm $f", "mv *.py x")


def test_harmless_targets_are_named() -> None:
    assert parse("cd src && npm test | tail -5").harmless == ("cd src", "tail -5")


@pytest.mark.parametrize(
    "line",
    [
        "cat a/b.txt",
        "cat /home/me/project/a",
        "ls 2>/dev/null",
        "grep -rn x --include=*.py .",
        "x=a; cat $x",
        "for f in a b; do cat $f; done",
        "echo $? $#",
    ],
)
def test_line_that_stays_in_the_workspace(line: str) -> None:
    assert parse(line).stays_in(WORKSPACE)


@pytest.mark.parametrize(
    "line",
    [
        "cat /etc/passwd",
        "cat ../x",
        "cat a/../../x",
        "cat ~/.ssh/id",
        "cat $HOME/x",
        'cat "$SECRET"',
        "cat `echo x`",
        "grep x --file=/etc/passwd",
        "grep -f/etc/passwd x",
        "git --git-dir=../x log",
        "a=/etc; cat $a/passwd",
        "cat < /etc/passwd",
        "cat < /dev/tcp/host/80",
        "cd /; ls",
        "cat /home/me/project-two/x",
        "cat ${HOME}/x",
        "cat ${x:-/etc/passwd}",
        "bash -c 'cat /etc/passwd'",
        "eval x",
    ],
)
def test_line_that_may_reach_outside(line: str) -> None:
    assert not parse(line).stays_in(WORKSPACE)
