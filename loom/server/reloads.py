"""Other settings while the server serves (SIGHUP): who can take them, and what needs a restart."""

import logging
from collections.abc import Callable
from dataclasses import fields

from loom.core.errors import LoomError
from loom.server.config import ServerConfig

log = logging.getLogger("loom.server")

Part = Callable[[ServerConfig], None]
_FOR_GOOD = frozenset({"token", "token_path", "is_team"})


class Reloads:
    """Holds the settings in use and hands on new ones.

    Args:
        config: what the server was started with.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._parts: dict[str, list[Part]] = {}
        self._files: list[Part] = []

    def on(self, field: str, part: Part) -> None:
        """`part` is called with the new settings when `field` of ServerConfig changed."""
        self._parts.setdefault(field, []).append(part)

    def always(self, part: Part) -> None:
        """`part` is called each time: what it reads are files, whose names may stay the same."""
        self._files.append(part)

    def apply(self, config: ServerConfig) -> tuple[str, ...]:
        """Hands on what changed; the changed fields that need a restart, which stay as they are.

        Raises:
            LoomError: a part cannot take its new settings and keeps its old ones.
        """
        changed = [
            each.name
            for each in fields(ServerConfig)
            if each.name not in _FOR_GOOD
            and getattr(config, each.name) != getattr(self._config, each.name)
        ]
        for part in self._files:
            part(config)
        for name in changed:
            for part in self._parts.get(name, ()):
                part(config)
        self._config = config
        return tuple(name for name in changed if name not in self._parts)


def reload(reloads: Reloads, reread: Callable[[], ServerConfig]) -> None:
    """Reads the settings again and applies them; what is wrong is logged, and nothing changes."""
    try:
        needs_restart = reloads.apply(reread())
    except LoomError as error:
        log.error("settings not reloaded: %s %s", error.message, error.hint)
        return
    log.info("settings reloaded")
    if needs_restart:
        log.warning("these need a restart: %s", ", ".join(needs_restart))
