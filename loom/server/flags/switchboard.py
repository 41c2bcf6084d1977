"""What holds now, kept in memory for the proxy's hot path."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import TypeVar

from loom.api.flags import Flag, KillSwitch
from loom.core.errors import StoreError
from loom.server.database import Database
from loom.server.flags import store
from loom.server.flags.listeners import Change, Listeners

LOOK = 2.0
"""Seconds between looks at whether another process has changed something."""

T = TypeVar("T")
log = logging.getLogger("loom.server")


class Switchboard:
    """Flags and kill switches of all tiers; empty until `load`.

    Args:
        listeners: are told what is another than before.
    """

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._flags: store.Flags = {}
        self._switches: store.Switches = {}

    def load(self, database: Database) -> None:
        """Reads everything anew and tells who listens what has changed. Raises StoreError."""
        flags, switches = database.read(store.flags), database.read(store.switches)
        changes = [
            *_changed_flags(self._flags, flags),
            *_changed_switches(self._switches, switches),
        ]
        self._flags, self._switches = flags, switches
        for change in changes:
            self._listeners.tell(change)

    async def keep_up(self, database: Database) -> None:
        """Loads again when another process has changed something, until cancelled."""
        seen, is_told = (-1, ""), False
        while True:
            try:
                seen, is_told = self._look(database, *seen), False
            except StoreError as error:
                if not is_told:
                    log.error("flags stay what they were: %s", error)
                is_told = True
            await asyncio.sleep(LOOK)

    def _look(self, database: Database, version: int, mark: str) -> tuple[int, str]:
        """One look; `version` and `mark` are those of the last one."""
        now = database.read(store.version)
        if now == version:
            return version, mark
        found = database.read(store.mark)
        if found != mark:
            self.load(database)
        return now, found

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


def _changed_switches(before: store.Switches, after: store.Switches) -> Iterator[Change]:
    for org, key, switch in _others(before, after):
        word = "activated" if switch.is_active else "deactivated"
        yield Change(f"killswitch.{word}", org, key)


def _changed_flags(before: store.Flags, after: store.Flags) -> Iterator[Change]:
    for org, key, flag in _others(before, after):
        yield Change("flag.archived" if flag.is_archived else "flag.updated", org, key)


def _others(
    before: Mapping[str, dict[str, T]], after: Mapping[str, dict[str, T]]
) -> Iterator[tuple[str, str, T]]:
    """What is new or another in `after`; nothing is ever taken out of these tables."""
    for org, found in after.items():
        known = before.get(org, {})
        yield from ((org, key, each) for key, each in found.items() if known.get(key) != each)
