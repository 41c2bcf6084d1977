"""Permission rules that a person granted for good, kept in `rules.toml` beside the settings.

Each is a table of its own, so that granting one appends to the file and a person can edit it:

    [[rule]]
    rule = "allow bash(git status *)"
    workspace = "/home/ann/project"    # left out: everywhere
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loom.config.files import read_toml
from loom.config.layers import Layer
from loom.core.errors import ConfigError
from loom.core.permissions import Rule
from loom.directories import config_directory


def rules_file(environment: Mapping[str, str]) -> Path:
    """Where granted rules are kept."""
    return config_directory(environment) / "rules.toml"


def remember(rule: Rule, environment: Mapping[str, str], workspace: Path | None = None) -> None:
    """Keeps the rule, for one workspace or for all. Raises OSError when it cannot be written."""
    path = rules_file(environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = ["[[rule]]", f"rule = {_quoted(str(rule))}"]
    if workspace is not None:
        lines.append(f"workspace = {_quoted(str(workspace))}")
    block = "\n".join(lines) + "\n\n"
    # One write to a file opened for appending: two Looms that grant at once lose nothing.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, block.encode())
    finally:
        os.close(descriptor)


def remembered_layer(environment: Mapping[str, str], workspace: Path) -> Layer:
    """The rules that hold in the workspace. Raises ConfigError that names the file."""
    path = rules_file(environment)
    rows = read_toml(path).get("rule", [])
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        raise ConfigError(f"{path}: every [[rule]] needs a text `rule`")
    rules = [row["rule"] for row in rows if row.get("workspace") in (None, str(workspace))]
    return Layer(str(path), {"permissions": {"rules": rules}} if rules else {})


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("rule"), str)


def _quoted(text: str) -> str:
    """A TOML basic string; control characters as escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
