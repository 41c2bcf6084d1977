"""`[[providers.NAME.accounts]]`: several keys for one provider, and how they share its requests."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from loom.core.errors import ConfigError
from loom.secrets import Secret, secret_from
from loom.server.llm.base import AccountSettings, PoolSettings
from loom.server.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST = 100


def read_accounts(
    provider: Settings,
    where: str,
    environment: Mapping[str, str],
    prefix: str,
) -> tuple[AccountSettings, ...]:
    """The provider's accounts: those in the environment, else the file's, else none.

    In the environment: `…_API_KEYS_FILE`, a file with a key in each line, `name: key` or the key
    alone; or `…_API_KEY_1`, `…_API_KEY_2`, … (or `…_API_KEY_1_FILE`).

    Args:
        prefix: what the provider's variables begin with.

    Raises:
        ConfigError: naming the account that is wrong.
    """
    rows = provider.rows("accounts")
    accounts = tuple(_in_environment(environment, f"{prefix}API_KEY"))
    if not accounts:
        accounts = tuple(
            _account(row, f"{where}accounts.{number}.", number)
            for number, row in enumerate(rows, 1)
        )
    names = [account.name for account in accounts]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"{where}accounts: two are called {twice!r}", "Give each its own name.")
    return accounts


def read_pool(provider: Settings) -> PoolSettings:
    """How the accounts share requests."""
    strategy = provider.choice("strategy", "round_robin", ("round_robin", "first_available"))
    return PoolSettings(
        cast(Any, strategy),
        provider.integer("max_concurrent", 0, 0, 100_000),
        provider.integer("max_queued", 100, 0, 100_000),
        provider.seconds("timeout_queue", 30.0),
    )


def _account(row: Mapping[str, Any], where: str, number: int) -> AccountSettings:
    settings = Settings(row, where, {}, where.upper())
    account = AccountSettings(
        settings.text("name", str(number)),
        settings.secret("api_key"),
        settings.url("base_url", ""),
        settings.integer("weight", 1, 1, 1000),
        settings.integer("max_concurrent", 0, 0, 100_000),
    )
    settings.refuse_unknown()
    return _checked(account, where)


def _in_environment(environment: Mapping[str, str], name: str) -> Iterator[AccountSettings]:
    if environment.get(f"{name}S_FILE"):
        yield from _in_file(Path(environment[f"{name}S_FILE"]).expanduser(), f"{name}S_FILE")
        return
    for number in range(1, _MOST):
        key = secret_from(environment, f"{name}_{number}")
        if key is None:
            return
        yield _checked(AccountSettings(str(number), key), f"{name}_{number}: ")


def _in_file(path: Path, setting: str) -> Iterator[AccountSettings]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{setting}: cannot read {path}: {type(error).__name__}") from error
    filled = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for number, line in enumerate(filled, 1):
        name, separator, key = line.rpartition(":")
        account = AccountSettings(name.strip() if separator else str(number), Secret(key.strip()))
        yield _checked(account, f"{setting}, key {number}: ")


def _checked(account: AccountSettings, where: str) -> AccountSettings:
    if not _NAME.fullmatch(account.name):
        raise ConfigError(f"{where}name: not 1 to 64 letters, digits, dots, dashes")
    if account.api_key is None and not account.base_url:
        raise ConfigError(f"{where}api_key is missing", "Give each account a key of its own.")
    key = account.api_key.expose() if account.api_key else ""
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"{where}api_key is not one line of ASCII text")
    return account
