"""What a repository's own `.loom/config.toml` may say before the person trusts it.

Cloning must never be enough to change where prompts go or what may run. Trust is given to a file
as it is: its path and its content's hash are kept, so a changed file must be trusted anew.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loom.config.files import parse_toml, read_bytes
from loom.config.layers import GATHERED, Layer, flatten, nest
from loom.core.errors import ConfigError
from loom.directories import state_directory

HARMLESS = frozenset({"tui.theme", "tui.reduced_motion"})
HINT = "`loom config --trust` accepts the file as it is now"


def workspace_file(workspace: Path) -> Path:
    """The settings file that travels with the repository."""
    return workspace / ".loom" / "config.toml"


def workspace_layer(
    workspace: Path, environment: Mapping[str, str]
) -> tuple[Layer, tuple[str, ...]]:
    """The repository's layer, cut to what is harmless unless trusted, and a warning if it was.

    Raises:
        ConfigError: the file cannot be read or is not TOML.
    """
    path = workspace_file(workspace)
    data = _content(path)
    values = parse_toml(data, path) if data else {}
    if data and _mark(path, data) in _marks(environment):
        return Layer(str(path), values), ()
    kept, ignored = harmless(values)
    return Layer(str(path), kept), _warning(path, ignored)


def harmless(values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The part of `values` that an unknown repository may set, and the keys that were left out."""
    kept: dict[str, Any] = {}
    ignored = []
    for key, value in flatten(values):
        if key in HARMLESS:
            nest(kept, key, value)
        elif key == GATHERED and isinstance(value, list):
            narrowing = [rule for rule in value if not _widens(rule)]
            nest(kept, key, narrowing)
            ignored += [f"“{rule}”" for rule in value if rule not in narrowing]
        else:
            ignored.append(key)
    return kept, tuple(ignored)


def trust(workspace: Path, environment: Mapping[str, str]) -> Path:
    """Trusts the workspace's settings file as it is now; returns its path.

    Raises:
        ConfigError: there is no such file.
    """
    path = workspace_file(workspace)
    data = _content(path)
    if not data:
        raise ConfigError(f"there is no {path} to trust")
    marks = _marks_file(environment)
    marks.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if _mark(path, data) not in _marks(environment):
        with marks.open("a") as file:
            file.write(_mark(path, data) + "\n")
    return path


def _widens(rule: Any) -> bool:
    return not (isinstance(rule, str) and rule.lstrip().startswith(("ask ", "deny ")))


def _warning(path: Path, ignored: tuple[str, ...]) -> tuple[str, ...]:
    if not ignored:
        return ()
    return (f"{path} is not trusted; ignored: {', '.join(ignored)} ({HINT})",)


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path) if path.is_file() else b""
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error


def _mark(path: Path, data: bytes) -> str:
    # Imported late: most folders have no such file.
    from hashlib import sha256

    # A folder's name may hold a newline; as `repr` writes it, it cannot forge another line.
    return f"{sha256(data).hexdigest()} {str(path.resolve())!r}"


def _marks(environment: Mapping[str, str]) -> frozenset[str]:
    try:
        return frozenset(_marks_file(environment).read_text().splitlines())
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()


def _marks_file(environment: Mapping[str, str]) -> Path:
    return state_directory(environment) / "trusted"
