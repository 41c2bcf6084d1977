"""What "always" offers, and which flags would have allowed a call."""

import pytest

from loom.agent.offers import flags_that_allow, suggestions
from loom.core.permissions import Access


def line(*targets, **rest):
    return Access("bash", "execute", targets, **rest)


@pytest.mark.parametrize(
    ("access", "offered"),
    [
        (line("git push origin"), ("allow bash(git push origin)", "allow bash(git push *)")),
        (line("pytest -q x"), ("allow bash(pytest -q x)", "allow bash(pytest *)")),
        (line("rm build"), ("allow bash(rm build)",)),
        (line("rm *.tmp"), ("allow bash",)),
        (line("make $X", uncertain=("make $X",)), ("allow bash(make *)",)),
        (
            line("cd src", "npm test", harmless=("cd src",)),
            ("allow bash(npm test)", "allow bash(npm test *)"),
        ),
        (line("make", "npm test"), ("allow bash(make *)", "allow bash(npm test *)")),
        (Access("edit_file", "write", ("a.py",)), ("allow edit_file(a.py)", "allow edit_file(**)")),
        (Access("web_search", "network", ("x",)), ("allow web_search",)),
    ],
)
def test_offered_rules_are_never_wider_than_they_look(access, offered):
    assert suggestions(access) == offered


def test_the_flags_named_would_really_allow_the_call():
    access = Access("edit_file", "write", ("a.py",))
    assert flags_that_allow("ask", (), access) == (
        "Allow it with --mode edit or --mode auto or --allow “edit_file(a.py)”."
    )


def test_no_flag_is_named_for_what_plan_mode_refuses():
    hint = flags_that_allow("plan", (), Access("edit_file", "write", ("a.py",)))
    assert "--allow" not in hint and "--mode edit" in hint
