"""One table of settings: each value from the environment, else the file, else the default.

Every reader names the setting it could not use, the way the operator wrote it.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from loom.core.errors import ConfigError
from loom.secrets import Secret, secret_from

T = TypeVar("T")
DEFAULT = "default"

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
# The server sets these itself; an operator's extra header must not undo that.
_RESERVED_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class Told(NamedTuple):
    """A setting's value, and the variable, the file's key or `default` that decided it."""

    value: Any
    origin: str


class Tree(dict[str, Any]):
    """The tables of the operator's file, and what was told of every setting that was asked for."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        super().__init__(tables)
        self.told: dict[str, Told] = {}

    @classmethod
    def below(cls, tree: Mapping[str, Any], name: str) -> "Tree":
        """The tables within `name`, telling the same. Raises ConfigError when it is no table."""
        tables = tree.get(name, {})
        if not isinstance(tables, dict):
            raise ConfigError(f"{name} is not a table")
        below = cls(tables)
        below.told = tree.told if isinstance(tree, Tree) else {}
        return below


class Settings:
    """Reads the settings of one TOML table and their environment variables.

    Args:
        table: the file's table.
        where: the table's name in messages, with a dot at the end.
        environment: all variables.
        prefix: what turns a setting `port` into the variable `LOOM_SERVER_PORT`.
        plain: prefix of the well-known variables that are read when all else is silent.
        told: gets every setting that is asked for, by its name in the file.
    """

    def __init__(
        self,
        table: Mapping[str, Any],
        where: str,
        environment: Mapping[str, str],
        prefix: str,
        plain: str = "",
        told: dict[str, Told] | None = None,
    ) -> None:
        self._told = {} if told is None else told
        self._origins: dict[str, str] = {}
        self._table = table
        self._where = where
        self._environment = environment
        self._prefix = prefix
        self._plain = plain
        self._known: set[str] = set()

    @classmethod
    def of(
        cls,
        tree: Mapping[str, Any],
        name: str,
        environment: Mapping[str, str],
        prefix: str,
        *,
        plain: str = "",
        where: str = "",
    ) -> "Settings":
        """The table `name` of the file's `tree`. Raises ConfigError when it is no table."""
        table = tree.get(name, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{where}{name} is not a table")
        told = tree.told if isinstance(tree, Tree) else None
        return cls(table, f"{where}{name}.", environment, prefix, plain, told)

    def text(self, name: str, default: str, *, is_plain: bool = False) -> str:
        """A string; an empty variable counts as not given."""
        _, value = self._find(name, is_plain)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{self._where}{name} is not a string")
        return self._tell(name, default if value is None else value)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`."""
        source, _ = self._find(name)
        value = self.text(name, default)
        if value not in choices:
            raise ConfigError(f"{source}: {value!r} is not one of {', '.join(choices)}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """true or false; in a variable also 1 and 0, yes and no."""
        source, value = self._find(name)
        chosen = default if value is None else value
        word = str(chosen).lower()
        if word not in _BOOLEANS:
            raise ConfigError(f"{source}: {value!r} is not true or false")
        return self._tell(name, _BOOLEANS[word])

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        source, value = self._find(name)
        number = default if value is None else _number(source, value)
        if number != int(number) or not least <= number <= most:
            raise ConfigError(f"{source}: {value!r} is not a whole number from {least} to {most}")
        return self._tell(name, int(number))

    def seconds(self, name: str, default: float) -> float:
        """A positive duration of at most a day."""
        source, value = self._find(name)
        number = default if value is None else _number(source, value)
        if not 0 < number <= 86_400:
            raise ConfigError(f"{source}: {value!r} is not a number of seconds up to 86400")
        return self._tell(name, number)

    def path(self, name: str, default: Path) -> Path:
        """A file's path; `~` is the home folder."""
        value = self.text(name, "")
        return self._tell(name, Path(value).expanduser() if value else default)

    def optional_path(self, name: str) -> Path | None:
        """A file's path, or None."""
        value = self.text(name, "")
        return Path(value).expanduser() if value else None

    def words(self, name: str) -> tuple[str, ...]:
        """A list of strings; in a variable they are parted by commas."""
        source, value = self._find(name)
        if isinstance(value, str):
            value = [word.strip() for word in value.split(",") if word.strip()]
        if not isinstance(value, list | None) or not all(isinstance(w, str) for w in value or ()):
            raise ConfigError(f"{source} is not a list of strings")
        return self._tell(name, tuple(value or ()))

    def url(self, name: str, default: str, *, is_plain: bool = False) -> str:
        """An http(s) URL without query, without a trailing slash and without credentials."""
        source, _ = self._find(name, is_plain)
        value = self.text(name, default, is_plain=is_plain)
        if value and not _is_usable_url(value):
            raise ConfigError(
                f"{source} is not an http:// or https:// URL without user, query or fragment"
            )
        return value.rstrip("/")

    def secret(self, name: str, *, is_plain: bool = False) -> Secret | None:
        """NAME_FILE, NAME, then the file's `name_file` and `name`, then the plain variables."""
        self._known |= {name, f"{name}_file"}
        places = [(self._environment, self._prefix + name.upper(), self._prefix + name.upper())]
        places.append((self._from_table(name), name, self._where + name))
        if is_plain and self._plain:
            places.append((self._environment, *(self._plain + name.upper(),) * 2))
        found = None
        for source, key, origin in places:
            if found is None and (found := secret_from(source, key)) is not None:
                self._origins[name] = origin
        if found and not _HEADER_VALUE.fullmatch(found.expose()):
            raise ConfigError(f"{self._prefix}{name.upper()} is not one line of ASCII text")
        return self._tell(name, found if found else None)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The tables `[[name]]` of the file; what they say is the reader's to tell."""
        self._known.add(name)
        value = self._table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise ConfigError(
                f"{self._where}{name} is not a list of tables [[{self._where}{name}]]"
            )
        return value

    def headers(self, name: str) -> dict[str, str]:
        """Extra headers: a table in the file, or lines `Name: value` in the variable."""
        source, value = self._find(name)
        if isinstance(value, str):
            pairs = (line.partition(":") for line in value.splitlines() if line.strip())
            value = {key.strip(): content.strip() for key, _, content in pairs}
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(map(_is_usable_header, value.items())):
            raise ConfigError(f"{source} does not hold usable HTTP headers")
        # Their values may be secrets.
        self._tell(name, tuple(value))
        return dict(value)

    def allow_tables(self, names: tuple[str, ...]) -> None:
        """Tables within this one that somebody else reads."""
        self._known |= set(names)

    def refuse_unknown(self) -> None:
        """Raises ConfigError when the file has a setting that nobody asked for."""
        if unknown := sorted(set(self._table) - self._known):
            raise ConfigError(
                f"unknown setting: {self._where}{unknown[0]}",
                f"Known here: {', '.join(sorted(self._known))}.",
            )

    def _find(self, name: str, is_plain: bool = False) -> tuple[str, Any]:
        """Where the value stands, as the operator would call it, and the value or None."""
        self._known.add(name)
        source, value = self._found(name, is_plain)
        self._origins[name] = DEFAULT if value is None else source
        return source, value

    def _found(self, name: str, is_plain: bool) -> tuple[str, Any]:
        variable = self._prefix + name.upper()
        if value := self._environment.get(variable):
            return variable, value
        if name in self._table:
            return f"{self._where}{name}", self._table[name]
        plain = self._plain + name.upper()
        if is_plain and self._plain and (value := self._environment.get(plain)):
            return plain, value
        return variable, None

    def _tell(self, name: str, value: T) -> T:
        """`value`, told to whoever asks where it came from."""
        self._told[self._where + name] = Told(value, self._origins.get(name, DEFAULT))
        return value

    def _from_table(self, name: str) -> dict[str, str]:
        """The table's secret in the form of variables, so that one rule reads both."""
        pairs = {name: self._table.get(name), f"{name}_FILE": self._table.get(f"{name}_file")}
        for key, value in pairs.items():
            if value is not None and not isinstance(value, str):
                raise ConfigError(f"{self._where}{key.lower()} is not a string")
        return {key: value for key, value in pairs.items() if value is not None}


def _number(source: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ConfigError(f"{source} is not a number")
    try:
        number = float(value)
    except ValueError as error:
        raise ConfigError(f"{source}: {value!r} is not a number") from error
    if not math.isfinite(number):
        raise ConfigError(f"{source}: {value!r} is not a finite number")
    return number


def _is_usable_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    has_extra = parts.query or parts.fragment or parts.username or parts.password
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not has_extra


def _is_usable_header(pair: tuple[object, object]) -> bool:
    name, value = pair
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and _HEADER_NAME.fullmatch(name) is not None
        and _HEADER_VALUE.fullmatch(value) is not None
        and name.lower() not in _RESERVED_HEADERS
    )


def refuse_unknown_names(tree: Mapping[str, Any], known: set[str], where: str) -> None:
    """Raises ConfigError when `tree` has a key that is not in `known`; `where` is its path."""
    if unknown := sorted(set(tree) - known):
        raise ConfigError(
            f"unknown setting: {where}{unknown[0]}", f"Known here: {', '.join(sorted(known))}."
        )
