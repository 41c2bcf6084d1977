"""`loom audit verify`: the chain of a database or of an export is walked, what is wrong is said."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.status import FAILED

if TYPE_CHECKING:
    from loom.secrets import Secret
    from loom.server.audit.chain import Seal
    from loom.server.audit.verify import Report, Verifier

HELP = """\
Walks the audit log's chain: every line's hash covers the line before. What was changed, removed,
put in, moved or cut off is named with its place, and the exit status is 1.

Without a key, somebody who can write the database can write a new chain; so set audit.key_file on
the server, or note `loom audit head` elsewhere from time to time and give it with --anchor.
Without --db and --file, the database of the server's settings is taken; the key always is.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The source, keys and anchors."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--db", type=Path, metavar="PATH", help="a database; it may be in use")
    source.add_argument("--file", type=Path, metavar="EXPORT", help="an export")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the server's settings")
    add = parser.add_argument
    add("--key-file", type=Path, action="append", default=[], metavar="FILE", help="an older key")
    add(
        "--anchor",
        type=anchor,
        action="append",
        default=[],
        metavar="SEQ:HASH",
        help="a head that was noted; may be given again",
    )
    add("--json", action="store_true", help="as one JSON object")


def anchor(text: str) -> tuple[int, bytes]:
    """An argparse type: SEQ:HASH. Raises ArgumentTypeError."""
    seq, _, hash_ = text.partition(":")
    try:
        return int(seq), bytes.fromhex(hash_)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not SEQ:HASH as `loom audit head` says it") from None


def run(args: Namespace) -> int:
    """Verifies; 1 when something is wrong. Raises LoomError."""
    from loom.core import codec
    from loom.server.audit.verify import Verifier
    from loom.server.config import server_config

    config = server_config(os.environ, args.config)
    verifier = Verifier(_seals(config.audit.key, args.key_file), dict(args.anchor))
    if args.file:
        report = _of_file(verifier, args.file)
    else:
        report = _of_database(verifier, args.db or config.db_path)
    if args.json:
        print(codec.encode(report).decode())
    else:
        _print(report)
    return 0 if report.is_sound else FAILED


def _seals(key: "Secret | None", files: list[Path]) -> "list[Seal]":
    from loom.secrets import secret_from
    from loom.server.audit.chain import Seal

    given = [secret_from({"KEY_FILE": str(file)}, "KEY") for file in files]
    return [Seal(each) for each in (key, *given) if each]


def _of_file(verifier: "Verifier", file: Path) -> "Report":
    from loom.core.errors import LoomError
    from loom.server.audit.export import imported

    try:
        with file.open("rb") as lines:
            return verifier.report(imported(lines))
    except OSError as error:
        raise LoomError(f"cannot read {file}: {error.strerror}") from error


def _of_database(verifier: "Verifier", path: Path) -> "Report":
    from contextlib import closing

    from loom.core.errors import StoreError
    from loom.db import connect, translated
    from loom.server.audit import store

    if not path.exists():
        hint = "On the server name it with --db; elsewhere verify an export, with --file."
        raise StoreError(f"there is no database at {path}", hint)
    with closing(connect(path, is_read_only=True)) as connection, translated(path):
        return verifier.report(store.everything(connection))


def _print(report: "Report") -> None:
    if not report.lines and report.is_sound:
        print("The audit log is empty.")
    elif report.is_sound:
        kind = "keyed" if report.is_keyed else "not keyed"
        print(f"{report.lines} lines, {report.first} to {report.last}: sound ({kind}).")
        print(f"head {report.head}")
    for fault in report.faults:
        print(f"line {fault.seq}: {fault.what}")
    if report.fault_count > len(report.faults):
        print(f"and {report.fault_count - len(report.faults)} more")
    if not report.is_sound:
        print("loom: the audit log was tampered with or is damaged", file=sys.stderr)
