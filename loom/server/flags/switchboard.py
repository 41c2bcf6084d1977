"""What holds now, kept in memory for the proxy's hot path, and who listens for changes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from loom.api.flags import Flag, KillSwitch
from loom.server.database import Database
from loom.server.flags import store

MAX_WAITING = 100
"""Changes that a listener may be behind; a slower one is let go, and begins anew."""


class Change(NamedTuple):
    """Something in the tier of `org` has changed; "" concerns everybody. `key` of what."""

    kind: str
    org: str
    key: str


class Listener:
    """One client's changes; None is the end."""

    def __init__(self) -> None:
        self.changes: asyncio.Queue[Change | None] = asyncio.Queue(MAX_WAITING + 1)

    def tell(self, change: Change | None) -> bool:
        """False when the client is too slow."""
        if self.changes.qsize() >= MAX_WAITING:
            self.changes.put_nowait(None)
            return False
        self.changes.put_nowait(change)
        return True


class Switchboard:
    """Flags and kill switches of all tiers; empty until `load`."""

    def __init__(self) -> None:
        self._flags: store.Flags = {}
        self._switches: store.Switches = {}
        self._listeners: set[Listener] = set()
        self._is_closed = False

    def load(self, database: Database, change: Change | None = None) -> None:
        """Reads everything anew and tells who listens. Raises StoreError."""
        self._flags = database.read(store.flags)
        self._switches = database.read(store.switches)
        if change is not None:
            self._listeners -= {each for each in self._listeners if not each.tell(change)}

    def killed(self, key: str, org: str) -> KillSwitch | None:
        """The active kill switch of this name; the platform's wins over the organization's."""
        if not self._switches:
            return None
        for tier in ("", org):
            switch = self._switches.get(tier, {}).get(key)
            if switch is not None and switch.is_active:
                return switch
        return None

    def tier(self, org: str) -> tuple[dict[str, Flag], dict[str, KillSwitch]]:
        """One tier's own, by key."""
        return self._flags.get(org, {}), self._switches.get(org, {})

    def seen_by(self, org: str) -> tuple[dict[str, Flag], tuple[KillSwitch, ...]]:
        """What holds in the organization: its flags over the platform's, both's active switches."""
        flags = {**self._flags.get("", {}), **(self._flags.get(org, {}) if org else {})}
        tiers = dict.fromkeys(("", org))
        active = [
            switch
            for tier in tiers
            for switch in self._switches.get(tier, {}).values()
            if switch.is_active
        ]
        return flags, tuple(active)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A Listener, for as long as it is within."""
        listener = Listener()
        self._listeners.add(listener)
        if self._is_closed:
            listener.tell(None)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Lets everybody go: the server stops."""
        self._is_closed = True
        for listener in self._listeners:
            listener.tell(None)
