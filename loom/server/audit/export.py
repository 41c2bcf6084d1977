"""The log as JSONL: the start's mark, every line with its hash, the head's mark.

`line` holds the very bytes that the hash covers.
"""

from binascii import unhexlify
from collections.abc import Iterable, Iterator

from msgspec import DecodeError, Raw, Struct, ValidationError, json

from loom.core.errors import LoomError
from loom.server.audit.chain import Link, Mark, MarkKind


class ExportedMark(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One end of the chain; hashes are hexadecimal."""

    mark: MarkKind
    seq: int
    hash: str
    proof: str
    key: str = ""


class ExportedLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line; `key` names the key of its hash."""

    seq: int
    hash: str
    line: Raw
    key: str = ""


def exported(record: Link | Mark) -> bytes:
    """One line of the file, with its end."""
    if isinstance(record, Mark):
        made: Struct = ExportedMark(
            record.kind, record.seq, record.hash.hex(), record.proof.hex(), record.key_id
        )
    else:
        made = ExportedLine(record.seq, record.hash.hex(), Raw(record.body), record.key_id)
    return json.encode(made) + b"\n"


class NotAnExport(LoomError):
    """A line of the file is none of an export's."""


def imported(lines: Iterable[bytes]) -> Iterator[Link | Mark]:
    """What a file holds. Raises NotAnExport naming the line of the file."""
    for number, line in enumerate(lines, 1):
        try:
            yield _record(line)
        except (DecodeError, ValidationError, ValueError) as error:
            raise NotAnExport(
                f"line {number} of the file is damaged or no line of an audit export: {error}",
                "Export anew with: loom audit export",
            ) from error


def _record(line: bytes) -> Link | Mark:
    if line.startswith(b'{"mark"'):
        mark = json.decode(line, type=ExportedMark)
        proof = unhexlify(mark.proof)
        return Mark(mark.mark, mark.seq, unhexlify(mark.hash), mark.key, proof)
    made = json.decode(line, type=ExportedLine)
    return Link(made.seq, unhexlify(made.hash), made.key, bytes(made.line))
