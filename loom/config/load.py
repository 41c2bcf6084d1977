"""All layers together, lowest first: defaults, files, the repository, variables, flags."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from loom.config.check import checked, to_settings
from loom.config.environment import environment_layers
from loom.config.files import read_toml
from loom.config.layers import DEFAULT, Layer, merge
from loom.config.remembered import remembered_layer
from loom.config.settings import Settings
from loom.config.trust import workspace_layer
from loom.directories import config_directory

SYSTEM_FILE = Path("/etc/loom/config.toml")


class Config(Struct, frozen=True):
    """The settings, where each came from, and what a person should know about them."""

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def origin(self, key: str) -> str:
        """The file, variable or flag that decided a dotted key; DEFAULT when none did."""
        return self.origins.get(key, DEFAULT)


def load(
    environment: Mapping[str, str],
    workspace: Path,
    flags: Mapping[str, Any] | None = None,
    system_file: Path = SYSTEM_FILE,
    *,
    has_login: bool = True,
) -> Config:
    """The settings that hold in `workspace`.

    Args:
        workspace: absolute and resolved.
        flags: nested tables like a file's, from the command line.
        has_login: the token of `loom login` is looked up where none is set.

    Raises:
        ConfigError: a file or variable is wrong; names it and the key. The keyring is shut.
    """
    repository, notes = workspace_layer(workspace, environment)
    warnings = list(notes)
    layers = []
    for layer in _layers(environment, workspace, repository, flags or {}, system_file):
        known, unknown = checked(layer)
        layers.append(known)
        warnings += unknown
    merged = merge(layers)
    settings, origins = to_settings(merged.values, "settings"), dict(merged.origins)
    if has_login and settings.server_url and settings.token is None:
        # Only who signed in waits for it.
        from loom.credentials import Credentials

        token = Credentials(environment).get(settings.server_url)
        settings = replace(settings, token=token)
        origins |= {"token": "loom login"} if token else {}
    return Config(settings, origins, tuple(warnings))


def _layers(
    environment: Mapping[str, str],
    workspace: Path,
    repository: Layer,
    flags: Mapping[str, Any],
    system_file: Path,
) -> Iterator[Layer]:
    user_file = config_directory(environment) / "config.toml"
    yield Layer(str(system_file), read_toml(system_file))
    yield Layer(str(user_file), read_toml(user_file))
    yield remembered_layer(environment, workspace)
    yield repository
    yield from environment_layers(environment)
    yield Layer("command line", flags)
