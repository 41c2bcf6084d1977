from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.secrets import Secret, clean_environment, secret_from


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"


def test_the_file_wins_over_the_variable_and_loses_one_newline(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    environment = {"X": "from-variable", "X_FILE": str(tmp_path / "key")}
    assert secret_from(environment, "X") == Secret("from-file")


@pytest.mark.parametrize("path", ["", "/nowhere/at/all"])
def test_an_unreadable_secret_file_is_named(path: str) -> None:
    with pytest.raises(ConfigError, match="X_FILE"):
        secret_from({"X_FILE": path}, "X")


SECRETS = {
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "OPENAI_API_KEY",
    "LOOM_TOKEN",
    "LOOM_TOKEN_FILE",
    "LOOM_SERVER_DB_PATH",
    "AWS_SECRET_ACCESS_KEY",
    "GH_TOKEN",
    "npm_config_auth_token",
    "PGPASSWORD",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "DEPLOY_PRIVATE_KEY",
}


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_child_does_not_inherit(name: str) -> None:
    assert clean_environment({name: "x", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_a_child_keeps_what_names_no_secret() -> None:
    environment = {"HOME": "/home/ada", "LANG": "C", "KEYBOARD": "de", "LOOM_MODEL": "default"}
    assert clean_environment(environment) == environment


def test_an_allowed_name_passes_but_never_a_providers_key() -> None:
    environment = {"GH_TOKEN": "a", "OPENAI_API_KEY": "b"}
    assert clean_environment(environment, allow=environment) == {"GH_TOKEN": "a"}
