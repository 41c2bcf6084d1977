from pathlib import Path

import pytest

from loom.config import DEFAULT, Settings
from loom.config.trust import trust
from loom.core.errors import ConfigError
from tests.config.conftest import Loaded


def test_without_any_source_every_setting_is_the_default(loaded: Loaded) -> None:
    config = loaded()
    assert config.settings == Settings()
    assert config.origin("tui.theme") == DEFAULT
    assert config.warnings == ()


def test_each_layer_wins_over_the_one_below(
    loaded: Loaded,
    tmp_path: Path,
    user_file: Path,
    workspace: Path,
    workspace_file: Path,
    environment: dict[str, str],
) -> None:
    system_file = tmp_path / "system.toml"
    seen = [loaded().settings.model]
    for file in (system_file, user_file, workspace_file):
        file.write_text(f'model = "{file.parent.name}"')
        if file is workspace_file:
            trust(workspace, environment)
        seen.append(loaded().settings.model)
    seen.append(loaded({"LOOM_MODEL": "variable"}).settings.model)
    seen.append(loaded({"LOOM_MODEL": "variable"}, {"model": "flag"}).settings.model)
    assert seen == ["default", tmp_path.name, "loom", ".loom", "variable", "flag"]


def test_tables_merge_and_every_key_knows_its_origin(loaded: Loaded, user_file: Path) -> None:
    user_file.write_text('[tui]\ntheme = "nord"\nmouse = true\n')
    config = loaded({"LOOM_TUI__MOUSE": "no"})
    assert (config.settings.tui.theme, config.settings.tui.mouse) == ("nord", False)
    assert config.origin("tui.theme") == str(user_file)
    assert config.origin("tui.mouse") == "LOOM_TUI__MOUSE"


def test_no_layer_takes_away_a_rule_of_another(loaded: Loaded, user_file: Path) -> None:
    user_file.write_text('[permissions]\nrules = ["deny bash(rm *)"]\n')
    config = loaded({"LOOM_PERMISSIONS__RULES": "allow bash(ls *), ask web_search"})
    assert [str(rule) for rule in config.settings.rules] == [
        "deny bash(rm *)",
        "allow bash(ls *)",
        "ask web_search",
    ]
    assert config.origin("permissions.rules") == f"{user_file}, LOOM_PERMISSIONS__RULES"


def test_an_unknown_key_is_a_warning_that_names_the_nearest(
    loaded: Loaded, user_file: Path
) -> None:
    user_file.write_text('[tui]\nteme = "nord"\n')
    assert loaded().warnings == (f"{user_file}: unknown setting tui.teme; did you mean tui.theme?",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('mode = "fun"', "mode: invalid enum value 'fun'"),
        ("[tui]\nmouse = 3", "tui.mouse: expected `bool`, got `int`"),
        ("[agent]\nmax_rounds = 0", "agent.max_rounds: expected `int` >= 1"),
        ("[context]\ncompact_at = 2.0", "context.compact_at: expected `float` <= 0.95"),
        ('[agent]\ntool_timeout = "soon"', "agent.tool_timeout: expected `float`, got `str`"),
        ('[permissions]\nrules = ["maybe bash"]', "permissions.rules: not a permission rule"),
        ("token = 7", "token: expected `str`, got `int`"),
        ('tui = "dark"', "tui is a section"),
        ("model = ", "is not TOML"),
    ],
)
def test_a_wrong_value_names_the_file_and_the_key(
    loaded: Loaded, user_file: Path, text: str, complaint: str
) -> None:
    user_file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        loaded()
    assert str(user_file) in caught.value.message
    assert complaint in caught.value.message


def test_a_huge_file_is_refused(loaded: Loaded, user_file: Path) -> None:
    user_file.write_text("#" * (1 << 20) + "\n")
    with pytest.raises(ConfigError, match="too large"):
        loaded()


def test_a_token_is_never_shown(loaded: Loaded) -> None:
    config = loaded({"LOOM_TOKEN": "lt_very_secret"})
    assert config.settings.token is not None
    assert config.settings.token.expose() == "lt_very_secret"
    assert "very_secret" not in repr(config)
