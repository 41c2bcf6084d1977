import sqlite3
from collections.abc import Callable

import pytest

from loom.server.audit.chain import Seal
from loom.server.audit.export import NotAnExport, exported, imported
from loom.server.audit.verify import Report, Verifier
from tests.server.audit.conftest import Chained, faults, records

Lines = list[bytes]


@pytest.fixture
def lines(connection: sqlite3.Connection, chained: Chained) -> Lines:
    """An export of ten lines: the start, the lines, the head."""
    chained(10)
    return [exported(record) for record in records(connection)]


def verified(lines: Lines) -> Report:
    return Verifier([Seal()]).report(imported(lines))


def test_an_export_is_verified_as_the_database_is(lines: Lines) -> None:
    report = verified(lines)
    assert (report.is_sound, report.lines, report.last) == (True, 10, 10)


def swapped(lines: Lines) -> None:
    lines[4], lines[7] = lines[7], lines[4]


CHANGES: dict[str, tuple[Callable[[Lines], object], int]] = {
    "changed": (lambda lines: lines.__setitem__(5, lines[5].replace(b"login", b"logon")), 5),
    "missing": (lambda lines: lines.pop(5), 6),
    "twice": (lambda lines: lines.insert(6, lines[5]), 5),
    "moved": (swapped, 7),
    "end cut off": (lambda lines: lines.__delitem__(slice(8, 11)), 8),
    "file cut off": (lambda lines: lines.__delitem__(slice(8, 12)), 7),
    "beginning cut off": (lambda lines: lines.__delitem__(slice(0, 3)), 3),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_tampering_with_an_export_is_found(
    lines: Lines, change: tuple[Callable[[Lines], object], int]
) -> None:
    tamper, place = change
    tamper(lines)
    report = verified(lines)
    assert not report.is_sound
    assert faults(report)[0][0] == place


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[1]", b'{"seq":1,"hash":"zz","line":{}}', b'{"mark":"end"}', b"\xff"]
)
def test_what_is_no_export_is_said_to_be_none(lines: Lines, line: bytes) -> None:
    lines.insert(3, line)
    with pytest.raises(NotAnExport, match="line 4 of the file"):
        verified(lines)
