import pytest

from loom.core.errors import ConfigError
from loom.core.permissions import Access, Effect, Rule, judge, parse_rule
from loom.core.protocol import Mode

READ = Access("read_file", "read", ("src/a.py",))
WRITE = Access("edit_file", "write", ("src/a.py",))
RUN = Access("bash", "execute", ("npm test",))
BOXED = Access("bash", "execute", ("npm test",), is_sandboxed=True)
LOOK = Access("bash", "execute", ("ls -la", "wc -l"), is_read_only=True)
UNREAD = Access("bash", "execute", ("eval x",), is_parsed=False, is_sandboxed=True)
OUTSIDE = Access("bash", "execute", ("cat /etc/passwd",), is_inside=False, is_read_only=True)
SEARCH = Access("web_search", "network", ("textual",))
NOTHING = Access("todo", "none")


@pytest.mark.parametrize(
    ("access", "ask", "edit", "auto", "plan"),
    [
        (READ, "allow", "allow", "allow", "allow"),
        (WRITE, "ask", "allow", "allow", "deny"),
        (RUN, "ask", "ask", "ask", "deny"),
        (BOXED, "ask", "ask", "allow", "deny"),
        (LOOK, "allow", "allow", "allow", "allow"),
        (UNREAD, "ask", "ask", "ask", "deny"),
        (OUTSIDE, "ask", "ask", "ask", "ask"),
        (SEARCH, "ask", "ask", "ask", "ask"),
        (NOTHING, "allow", "allow", "allow", "allow"),
    ],
    ids=lambda value: value.tool if isinstance(value, Access) else value,
)
def test_mode_decides_where_no_rule_does(
    access: Access, ask: Effect, edit: Effect, auto: Effect, plan: Effect
) -> None:
    modes: tuple[Mode, ...] = ("ask", "edit", "auto", "plan")
    found = [judge(mode, (), access) for mode in modes]
    assert [verdict.effect for verdict in found] == [ask, edit, auto, plan]
    assert {verdict.by for verdict in found} == {"mode"}


@pytest.mark.parametrize(
    ("rules", "effect"),
    [
        (("allow bash(npm *)",), "allow"),
        (("allow bash",), "allow"),
        (("allow *",), "allow"),
        (("ask bash(npm *)", "allow bash"), "ask"),
        (("allow bash(npm *)", "deny bash(* test)"), "deny"),
        (("deny bash", "allow bash(npm test)"), "deny"),
        (("deny *", "allow bash(npm test)"), "deny"),
        (("allow bash(git *)",), "ask"),
        (("deny edit_file(**)",), "ask"),
    ],
)
def test_strongest_matching_rule_wins_whatever_the_order(
    rules: tuple[str, ...], effect: Effect
) -> None:
    parsed = [parse_rule(rule) for rule in rules]
    assert judge("ask", parsed, RUN).effect == effect
    assert judge("ask", reversed(parsed), RUN).effect == effect


@pytest.mark.parametrize("mode", ["ask", "edit", "auto", "plan"])
@pytest.mark.parametrize("access", [READ, WRITE, BOXED, LOOK, UNREAD, NOTHING], ids=str)
def test_deny_wins_in_every_mode(mode: Mode, access: Access) -> None:
    rules = [parse_rule("allow *"), parse_rule(f"deny {access.tool}")]
    verdict = judge(mode, rules, access)
    assert (verdict.effect, verdict.by) == ("deny", "rule")


@pytest.mark.parametrize(
    ("rules", "effect"),
    [
        (("allow bash(cd *)",), "ask"),
        (("allow bash(cd *)", "allow bash(make)"), "allow"),
        (("allow bash(cd *)", "allow bash(make)", "ask bash(make)"), "ask"),
        (("allow bash(cd *)", "deny bash(make)"), "deny"),
    ],
)
def test_every_command_of_a_line_is_judged(rules: tuple[str, ...], effect: Effect) -> None:
    line = Access("bash", "execute", ("cd src", "make"))
    assert judge("ask", [parse_rule(rule) for rule in rules], line).effect == effect


def test_harmless_commands_of_a_line_need_no_rule() -> None:
    line = Access("bash", "execute", ("cd src", "make"), harmless=("cd src",))
    assert judge("ask", [parse_rule("allow bash(make)")], line).effect == "allow"
    assert judge("ask", [parse_rule("allow bash(cd *)")], line).effect == "ask"
    denied = [parse_rule("allow bash(make)"), parse_rule("deny bash(cd *)")]
    assert judge("ask", denied, line).effect == "deny"


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        ("deny bash(rm -rf *)", "ask"),
        ("ask bash(rm *)", "ask"),
        ("deny bash(* --force)", "ask"),
        ("deny bash(mv *)", "allow"),
        ("allow bash(rm -i *)", "allow"),
    ],
)
def test_rule_that_may_forbid_an_uncertain_command_is_asked(rule: str, effect: Effect) -> None:
    line = Access("bash", "execute", ("rm $X y",), uncertain=("rm $X y",), is_sandboxed=True)
    rules = [parse_rule("allow bash(rm *)"), parse_rule(rule)]
    assert judge("auto", rules, line).effect == effect


def test_rule_for_the_whole_tool_allows_what_was_not_parsed() -> None:
    assert judge("ask", [parse_rule("allow bash")], UNREAD).effect == "allow"


def test_no_rule_with_a_pattern_allows_what_was_not_parsed() -> None:
    assert judge("auto", [parse_rule("allow bash(*)")], UNREAD).effect == "ask"


def test_plan_mode_is_read_only_whatever_rules_allow() -> None:
    assert judge("plan", [parse_rule("allow *")], WRITE).effect == "deny"


@pytest.mark.parametrize(
    ("pattern", "path", "is_match"),
    [
        ("*.py", "a.py", True),
        ("*.py", "src/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "src/deep/a.py", True),
        ("src/**", "src/deep/a.py", True),
        ("src/**", "source/a.py", False),
        ("**/.env", "deep/.env", True),
        ("**/.env", "deep/x.env", False),
        ("a?.py", "ab.py", True),
        ("a?.py", "a/.py", False),
        ("a.py", "aXpy", False),
        ("[a].py", "[a].py", True),
    ],
)
def test_pattern_over_paths(pattern: str, path: str, is_match: bool) -> None:
    rule = Rule("allow", "edit_file", pattern)
    verdict = judge("ask", [rule], Access("edit_file", "write", (path,)))
    assert (verdict.effect == "allow") is is_match


@pytest.mark.parametrize(
    ("pattern", "command", "is_match"),
    [
        ("git status", "git status", True),
        ("git status", "git status -s", False),
        ("git status *", "git status", True),
        ("git status *", "git status -s", True),
        ("git status *", "git statusx", False),
        ("git push*", "git push --force\norigin", True),
        ("npm (test)", "npm (test)", True),
        ("* > *", "echo a > b/c", True),
        ("a.c", "abc", False),
    ],
)
def test_pattern_over_commands(pattern: str, command: str, is_match: bool) -> None:
    rule = Rule("allow", "bash", pattern)
    verdict = judge("ask", [rule], Access("bash", "execute", (command,)))
    assert (verdict.effect == "allow") is is_match


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("allow bash(git status*)", Rule("allow", "bash", "git status*")),
        ("  ask   web_search ", Rule("ask", "web_search")),
        ("deny edit_file(**/.env)", Rule("deny", "edit_file", "**/.env")),
        ("deny bash(echo (a))", Rule("deny", "bash", "echo (a)")),
        ("allow mcp:server.tool", Rule("allow", "mcp:server.tool")),
    ],
)
def test_rule_is_read_and_written_the_same(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    "text", ["", "allow", "permit bash", "allow bash(x", "deny Bash x", "a b c"]
)
def test_what_is_no_rule_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rule(text)
    assert "allow bash(git status*)" in caught.value.hint
