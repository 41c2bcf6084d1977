"""A value that must not be seen: every rendering of it is `[REDACTED]`."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from loom.core.errors import ConfigError

REDACTED = "[REDACTED]"


class Secret:
    """Holds a string that only `expose()` gives out; repr, str, format and JSON do not."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def expose(self) -> str:
        """The value itself; call it only where the value is put on a wire."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    def __format__(self, spec: str) -> str:
        return REDACTED

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not pickled")


def secret_from(environment: Mapping[str, str], name: str) -> Secret | None:
    """The secret in `NAME_FILE` or `NAME`; the file wins, one trailing newline is stripped.

    Raises:
        ConfigError: the file's path is empty, or it cannot be read.
    """
    file_name = environment.get(f"{name}_FILE")
    if file_name is not None:
        return _secret_in(file_name, f"{name}_FILE")
    value = environment.get(name)
    return Secret(value) if value else None


def _secret_in(file_name: str, setting: str) -> Secret:
    if not file_name:
        raise ConfigError(f"{setting} is empty", "Give it a file's path, or unset it.")
    try:
        text = Path(os.path.expandvars(file_name)).expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{setting}: cannot read {file_name}: {error}") from error
    return Secret(text.removesuffix("\n").removesuffix("\r"))


_SECRET_WORDS = (
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "PRIVATE_KEY",
)
_LOOMS_OWN = ("LOOM_SERVER_", "LOOM_TOKEN", "ANTHROPIC_", "OPENAI_", "GOOGLE_APPLICATION_")


def clean_environment(
    environment: Mapping[str, str], allow: Collection[str] = ()
) -> dict[str, str]:
    """What a child process may inherit: `environment` without the variables that name a secret.

    Dropped are all names that contain a secret word (API_KEY, TOKEN, SECRET, PASSWORD,
    CREDENTIAL, PRIVATE_KEY …, in any case), and everything of Loom's server and the providers.

    Args:
        allow: exact names that pass nevertheless, as the person configured them (GITHUB_TOKEN for
            `gh`, say). Loom's own token and the providers' keys pass for nobody.
    """
    return {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(_LOOMS_OWN) and (name in allow or not _names_secret(name))
    }


def _names_secret(name: str) -> bool:
    return any(word in name.upper() for word in _SECRET_WORDS)
