"""What a file will be after a call, computed from its bytes: pure, and fit for another process."""

from typing import Literal

from msgspec import Struct, msgpack

from loom.core.errors import InvalidArguments, TargetNotFound
from loom.tools.diff import diff
from loom.tools.replacing import Edit, apply
from loom.tools.text_file import Encoding, is_binary


class EditJob(Struct, frozen=True, tag="edit"):
    """Apply `edits` to the file at `path`, whose bytes are `before`, or None for no file."""

    path: str
    before: bytes | None
    edits: tuple[Edit, ...]


class WriteJob(Struct, frozen=True, tag="write"):
    """Make `content` the whole text of the file at `path`."""

    path: str
    before: bytes | None
    content: str


class Change(Struct, frozen=True, tag="change"):
    """The file's bytes afterwards, and the difference as people see it."""

    data: bytes
    diff: str
    added: int
    removed: int


class Refusal(Struct, frozen=True, tag="refusal"):
    """Why there is no change, as data that can leave a process."""

    kind: Literal["TargetNotFound", "InvalidArguments"]
    message: str
    hint: str

    @property
    def error(self) -> TargetNotFound | InvalidArguments:
        """The exception this stands for."""
        kind = TargetNotFound if self.kind == "TargetNotFound" else InvalidArguments
        return kind(self.message, self.hint)


def work_out(job: EditJob | WriteJob) -> Change | Refusal:
    """The change that `job` asks for."""
    try:
        return _edited(job) if isinstance(job, EditJob) else _written(job)
    except TargetNotFound as error:
        return Refusal("TargetNotFound", error.message, error.hint)
    except InvalidArguments as error:
        return Refusal("InvalidArguments", error.message, error.hint)


def work_out_packed(packed: bytes) -> bytes:
    """`work_out` between processes: msgpack in, msgpack out."""
    return msgpack.encode(work_out(msgpack.decode(packed, type=EditJob | WriteJob)))


def _edited(job: EditJob) -> Change:
    data = job.before or b""
    if is_binary(data):
        raise InvalidArguments(f"{job.path} is binary and cannot be edited as text")
    encoding = Encoding.of(data)
    after = encoding.encode(apply(encoding.decode(data), job.edits))
    if after == job.before:
        raise InvalidArguments("the edits change nothing")
    return _change(job, after, encoding)


def _written(job: WriteJob) -> Change:
    # A text of its own replaces the old one entirely, yet the file stays what it was: a file with
    # a byte order mark is read by programs that look for it.
    encoding = Encoding.of(job.before or b"")
    return _change(job, encoding.encode(job.content), encoding)


def _change(job: EditJob | WriteJob, after: bytes, encoding: Encoding) -> Change:
    is_text = job.before is not None and not is_binary(job.before)
    before = _readable(job.before or b"", encoding) if is_text else None
    found = diff(job.path, before, _readable(after, encoding))
    return Change(after, found.body, found.added, found.removed)


def _readable(data: bytes, encoding: Encoding) -> str:
    return data[len(encoding.mark) :].decode(encoding.codec, "replace")
