"""SQL of flags and kill switches."""

import sqlite3

from msgspec import json
from msgspec.structs import replace

from loom.api.flags import Flag, KillSwitch
from loom.api.times import rfc3339

Flags = dict[str, dict[str, Flag]]
"""By organization ("" is the platform), then by key."""

Switches = dict[str, dict[str, KillSwitch]]

_MARK = """
SELECT (SELECT count(*) || ' ' || ifnull(sum(updated_at), 0) FROM flags) || ' ' || (
    SELECT count(*) || ' ' || ifnull(sum(activated_at), 0) FROM kill_switches
)
"""


def flags(connection: sqlite3.Connection) -> Flags:
    """Every flag."""
    found: Flags = {}
    rows = connection.execute("SELECT org, key, body, is_archived FROM flags ORDER BY key")
    for org, key, body, is_archived in rows:
        flag = replace(json.decode(body, type=Flag), is_archived=bool(is_archived))
        found.setdefault(org, {})[key] = flag
    return found


def put_flag(connection: sqlite3.Connection, org: str, flag: Flag, now_ms: int) -> None:
    """Makes or replaces a flag."""
    body = json.encode(replace(flag, is_archived=False)).decode()
    connection.execute(
        "INSERT OR REPLACE INTO flags VALUES (?, ?, ?, ?, ?)",
        (org, flag.key, body, flag.is_archived, now_ms),
    )


def switches(connection: sqlite3.Connection) -> Switches:
    """Every kill switch."""
    found: Switches = {}
    rows = connection.execute(
        "SELECT org, key, flags, reason, activated_by, activated_at FROM kill_switches ORDER BY key"
    )
    for org, key, linked, reason, who, at in rows:
        found.setdefault(org, {})[key] = KillSwitch(
            key,
            at is not None,
            reason,
            json.decode(linked, type=tuple[str, ...]),
            org,
            who,
            rfc3339(at) if at is not None else "",
        )
    return found


def put_switch(
    connection: sqlite3.Connection, switch: KillSwitch, activated_at: int | None
) -> None:
    """Makes or changes a kill switch; None turns it back."""
    linked = json.encode(switch.flags).decode()
    connection.execute(
        "INSERT OR REPLACE INTO kill_switches VALUES (?, ?, ?, ?, ?, ?)",
        (switch.org, switch.key, linked, switch.reason, switch.activated_by, activated_at),
    )


def version(connection: sqlite3.Connection) -> int:
    """Another number after each write of another connection, whatever it wrote."""
    found: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return found


def mark(connection: sqlite3.Connection) -> str:
    """Another text after each change of a flag or kill switch, without reading them all."""
    found: str = connection.execute(_MARK).fetchone()[0]
    return found
