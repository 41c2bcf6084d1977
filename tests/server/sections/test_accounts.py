from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.config import server_config
from loom.server.llm.base import AccountSettings, PoolSettings, ProviderSettings


def anthropic(environment: dict[str, str], file: Path | None = None) -> ProviderSettings:
    return server_config(environment, file).providers["anthropic"]


def test_the_file_lists_accounts(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-two\n")
    file = tmp_path / "server.toml"
    file.write_text(
        '[providers.anthropic]\nstrategy = "first_available"\nmax_concurrent = 9\n'
        "max_queued = 3\ntimeout_queue = 5\n"
        '[[providers.anthropic.accounts]]\nname = "team"\napi_key = "sk-one"\nweight = 3\n'
        f'[[providers.anthropic.accounts]]\napi_key_file = "{tmp_path / "key"}"\n'
        'base_url = "http://gateway:1/"\nmax_concurrent = 4\n'
    )
    settings = anthropic({"ANTHROPIC_API_KEY": "sk-plain"}, file)
    assert settings.accounts == (
        AccountSettings("team", Secret("sk-one"), "", 3),
        AccountSettings("2", Secret("sk-two"), "http://gateway:1", 1, 4),
    )
    assert settings.api_key == Secret("sk-one")
    assert settings.pool == PoolSettings("first_available", 9, 3, 5.0)


def test_numbered_variables_are_accounts(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-b\n")
    name = "LOOM_SERVER_ANTHROPIC_API_KEY"
    accounts = anthropic({f"{name}_1": "sk-a", f"{name}_2_FILE": str(tmp_path / "key")}).accounts
    assert accounts == (AccountSettings("1", Secret("sk-a")), AccountSettings("2", Secret("sk-b")))


def test_a_file_of_keys_is_accounts(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("# ours\nsk-a\n\nteam: sk-b\n")
    accounts = anthropic({"LOOM_SERVER_ANTHROPIC_API_KEYS_FILE": str(keys)}).accounts
    assert accounts == (
        AccountSettings("1", Secret("sk-a")),
        AccountSettings("team", Secret("sk-b")),
    )


def test_one_key_is_no_list_of_accounts() -> None:
    assert anthropic({"ANTHROPIC_API_KEY": "sk-a"}).accounts == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('name = "a b"\napi_key = "k"', "accounts.1.name"),
        ('name = "a"', "accounts.1.api_key is missing"),
        ('api_key = "k"\nweight = 0', "accounts.1.weight"),
        ('api_key = "k"\nwait = 0', "accounts.1.wait"),
        ('api_key = "k"\nbase_url = "ftp://x"', "accounts.1.base_url"),
    ],
)
def test_a_wrong_account_is_named(tmp_path: Path, row: str, said: str) -> None:
    file = tmp_path / "server.toml"
    file.write_text(f"[[providers.anthropic.accounts]]\n{row}\n")
    with pytest.raises(ConfigError) as error:
        anthropic({}, file)
    assert said.lower() in error.value.message.lower()


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("a: k1\na: k2\n")
    with pytest.raises(ConfigError, match="two are called 'a'"):
        anthropic({"LOOM_SERVER_ANTHROPIC_API_KEYS_FILE": str(keys)})


def test_the_redactor_learns_every_accounts_key() -> None:
    name = "LOOM_SERVER_ANTHROPIC_API_KEY"
    secrets = server_config({f"{name}_1": "sk-a", f"{name}_2": "sk-b"}).secrets()
    assert {Secret("sk-a"), Secret("sk-b")} <= set(secrets)
