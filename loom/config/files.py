"""Settings files: one TOML file, one layer."""

from pathlib import Path
from typing import Any

from loom.core.errors import ConfigError

MAX_SIZE = 1 << 20


def read_toml(path: Path) -> dict[str, Any]:
    """The tables in the file; empty when there is no such regular file.

    Raises:
        ConfigError: it cannot be read, is larger than MAX_SIZE, or is not TOML. It names the file.
    """
    try:
        if not path.is_file():
            return {}
        return parse_toml(read_bytes(path), path)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error


def read_bytes(path: Path) -> bytes:
    """The file's content. Raises OSError; ConfigError when it is larger than MAX_SIZE."""
    with path.open("rb") as file:
        data = file.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise ConfigError(f"{path} is too large for a settings file")
    return data


def parse_toml(data: bytes, path: Path) -> dict[str, Any]:
    """The tables in `data`. Raises ConfigError that names the file, the line and the column."""
    # Most people have no settings file; they should not wait for the parser.
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
