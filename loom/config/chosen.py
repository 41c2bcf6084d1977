"""The server that a person chose by signing in, kept in their settings file."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from loom.config.files import parse_toml, read_bytes
from loom.core.errors import ConfigError
from loom.directories import config_directory

# Within the file's head: what stands before the first table.
_LINE = re.compile(r"^[ \t]*server_url[ \t]*=.*$", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def keep_server(url: str, environment: Mapping[str, str]) -> Path:
    """Writes `server_url` and nothing else into the settings; the file's path.

    Raises:
        ConfigError: the file cannot be read or written; what was in it is still there.
    """
    path = config_directory(environment) / "config.toml"
    hint = f'Set it yourself: server_url = "{url}" in {path}'
    try:
        text = read_bytes(path).decode() if path.exists() else ""
        changed = _with_server(text, url)
        if parse_toml(changed.encode(), path) != {
            **parse_toml(text.encode(), path),
            "server_url": url,
        }:
            raise ConfigError(f"{path} cannot be changed without changing more", hint)
        _replace(path, changed)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot write {path}: {error}", hint) from error
    return path


def _with_server(text: str, url: str) -> str:
    line = f'server_url = "{url}"'
    table = _TABLE.search(text)
    head, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    if _LINE.search(head):
        return _LINE.sub(lambda _: line, head, count=1) + rest
    return f"{line}\n{text}"


def _replace(path: Path, text: str) -> None:
    # Through a link, as people keep their settings in a repository of their own.
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.write_text(text)
    if target.exists():
        draft.chmod(target.stat().st_mode & 0o777)
    draft.replace(target)
