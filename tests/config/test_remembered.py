from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loom.config.remembered import remember, remembered_layer, rules_file
from loom.core.errors import ConfigError
from loom.core.permissions import Rule, parse_rule
from tests.config.conftest import Loaded

RULE = parse_rule("allow bash(git status *)")


def test_a_rule_for_a_workspace_holds_there_and_nowhere_else(
    loaded: Loaded, workspace: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    remember(RULE, environment, workspace)
    remember(parse_rule("allow bash(make)"), environment, tmp_path / "elsewhere")
    assert loaded().settings.rules == (RULE,)


def test_a_rule_for_the_person_holds_everywhere(
    loaded: Loaded, environment: dict[str, str]
) -> None:
    remember(RULE, environment)
    assert loaded().settings.rules == (RULE,)


def test_granted_rules_are_private_to_their_owner(environment: dict[str, str]) -> None:
    remember(RULE, environment)
    assert rules_file(environment).stat().st_mode & 0o077 == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(pattern=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_pattern_survives_the_file(
    pattern: str, environment: dict[str, str], workspace: Path
) -> None:
    rules_file(environment).unlink(missing_ok=True)
    rule = Rule("allow", "bash", pattern)
    remember(rule, environment)
    layer = remembered_layer(environment, workspace)
    assert layer.values == {"permissions": {"rules": [str(rule)]}}


def test_a_broken_file_is_named(environment: dict[str, str], workspace: Path) -> None:
    rules_file(environment).parent.mkdir(parents=True)
    rules_file(environment).write_text('rule = "allow bash"')
    with pytest.raises(ConfigError, match=r"rules\.toml"):
        remembered_layer(environment, workspace)
