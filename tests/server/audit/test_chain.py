import sqlite3

import pytest

from loom.server.audit import store
from loom.server.audit.chain import BROKEN, Seal
from tests.server.audit.conftest import KEY, Chained, faults, verified

SEALS = [Seal(), Seal(KEY)]


@pytest.mark.parametrize("seal", SEALS, ids=["plain", "keyed"])
def test_a_chain_that_nobody_touched_is_sound(
    connection: sqlite3.Connection, chained: Chained, seal: Seal
) -> None:
    chained(10, seal)
    report = verified(connection, seal)
    assert (report.is_sound, report.lines, report.first, report.last) == (True, 10, 1, 10)
    assert report.is_keyed == bool(seal.key_id)


CHANGES = {
    "a changed line": ("UPDATE audit SET body = replace(body, '1005', '1006') WHERE seq = 5", 5),
    "a changed word": ("UPDATE audit SET body = replace(body, 'n\":7', 'n\":8') WHERE seq = 7", 7),
    "a blank more": ("UPDATE audit SET body = replace(body, ':', ': ') WHERE seq = 4", 4),
    "a missing line": ("DELETE FROM audit WHERE seq = 5", 6),
    "missing lines": ("DELETE FROM audit WHERE seq BETWEEN 5 AND 7", 8),
    "the beginning cut off": ("DELETE FROM audit WHERE seq <= 3", 4),
    "the end cut off": ("DELETE FROM audit WHERE seq > 8", 9),
    "all cut off": ("DELETE FROM audit", 1),
    "a line put in at the end": (
        "INSERT INTO audit (seq, hash, body) SELECT 11, hash, body FROM audit WHERE seq = 3",
        11,
    ),
    "a hash changed": ("UPDATE audit SET hash = randomblob(32) WHERE seq = 5", 5),
    "a key's name changed": ("UPDATE audit SET key_id = 'abcd' WHERE seq = 5", 5),
    "the start moved": ("UPDATE audit_marks SET seq = 1 WHERE kind = 'start'", 1),
    "the head moved": ("UPDATE audit_marks SET seq = 9 WHERE kind = 'head'", 9),
    "the start taken away": ("DELETE FROM audit_marks WHERE kind = 'start'", 1),
    "the head taken away": ("DELETE FROM audit_marks WHERE kind = 'head'", 10),
}


@pytest.mark.parametrize("seal", SEALS, ids=["plain", "keyed"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_tampering_is_found_and_its_place_named(
    connection: sqlite3.Connection, chained: Chained, change: tuple[str, int], seal: Seal
) -> None:
    chained(10, seal)
    sql, place = change
    connection.execute(sql)
    report = verified(connection, seal)
    assert not report.is_sound
    assert report.faults[0].seq == place


def test_two_lines_that_changed_places_are_found(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(10)
    connection.execute("UPDATE audit SET seq = -1 WHERE seq = 4")
    connection.execute("UPDATE audit SET seq = 4 WHERE seq = 6")
    connection.execute("UPDATE audit SET seq = 6 WHERE seq = -1")
    assert {seq for seq, _ in faults(verified(connection))} == {4, 5, 6, 7}


def test_a_line_put_in_between_is_found(connection: sqlite3.Connection, chained: Chained) -> None:
    chained(10)
    for seq in range(10, 4, -1):
        connection.execute("UPDATE audit SET seq = seq + 1 WHERE seq = ?", (seq,))
    connection.execute(
        "INSERT INTO audit (seq, hash, body) SELECT 5, randomblob(32), body FROM audit"
        " WHERE seq = 4"
    )
    assert faults(verified(connection))[0][0] == 5


def rewritten(connection: sqlite3.Connection, seal: Seal, after: int, last: int) -> None:
    """What somebody does who knows how the chain is made: a new end from `after` on."""
    (foot,) = store.links(connection, after - 1, 1)
    kept = store.links(connection, after, last - after)
    connection.execute("DELETE FROM audit WHERE seq > ?", (after,))
    bodies = [link.body.replace(b"login", b"logout") for link in kept]
    store.append(connection, store.End(after, foot.hash, "sound"), bodies, seal)


def test_without_a_key_only_an_anchor_tells_a_new_end_from_the_old(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(10)
    (noted,) = store.links(connection, 8, 1)
    rewritten(connection, Seal(), 5, 10)
    assert verified(connection).is_sound
    assert faults(verified(connection, anchors={9: noted.hash}))[0][0] == 9


def test_with_a_key_whoever_has_only_the_database_can_make_no_new_end(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(10, Seal(KEY))
    rewritten(connection, Seal(), 5, 10)
    assert faults(verified(connection, Seal(KEY)))[0] == (
        6,
        "from here on the chain is not keyed: anybody can have made it",
    )


def test_with_a_key_the_end_cannot_be_cut_off_and_the_head_moved_back(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(10, Seal(KEY))
    (foot,) = store.links(connection, 7, 1)
    connection.execute("DELETE FROM audit WHERE seq > 8")
    connection.execute("UPDATE audit_marks SET seq = 8, hash = ? WHERE kind = 'head'", (foot.hash,))
    assert faults(verified(connection, Seal(KEY))) == [(8, "the head's mark was forged")]


def test_the_server_does_not_build_upon_an_end_that_was_tampered_with(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(10, Seal(KEY))
    connection.execute("DELETE FROM audit WHERE seq > 8")
    end = store.end(connection, Seal(KEY))
    assert (end.seq, end.hash, end.footing) == (10, BROKEN, "broken")
    store.append(connection, end, [b'{"type":"auth.login","at":1}'], Seal(KEY))
    assert faults(verified(connection, Seal(KEY)))[0] == (11, "lines 9 to 10 are missing before it")


def test_a_key_may_be_added_and_changed_and_each_is_needed_to_verify(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(3)
    chained(3, Seal(KEY))
    assert verified(connection, Seal(KEY)).is_sound
    assert "was not given" in faults(verified(connection))[0][1]


def test_what_retention_cuts_off_leaves_a_sound_chain(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    seal = Seal(KEY)
    chained(10, seal)
    assert store.cut(connection, 1_005, 3, seal) == 3
    assert store.cut(connection, 1_005, 100, seal) == 1
    report = verified(connection, seal)
    assert (report.is_sound, report.first, report.last) == (True, 5, 10)


def test_retention_leaves_the_last_line_for_the_next_to_stand_on(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(4)
    assert store.cut(connection, 9_999, 100, Seal()) == 3
    chained(2)
    assert verified(connection).is_sound


def test_whoever_has_only_the_database_cannot_cut_as_retention_does(
    connection: sqlite3.Connection, chained: Chained
) -> None:
    chained(10, Seal(KEY))
    store.cut(connection, 1_005, 100, Seal())
    assert faults(verified(connection, Seal(KEY))) != []
