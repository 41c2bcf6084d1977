"""read_file: numbered lines of a text, an image as such, and a plain word about anything else."""

import base64
import io
import mimetypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments, ToolError
from loom.core.messages import Display, Image
from loom.core.permissions import Access
from loom.tools.base import Answer, ToolContext
from loom.tools.output import MAX_ANSWER, MAX_LINE, one_line
from loom.tools.paths import locate, targets
from loom.tools.place import Place
from loom.tools.settle import settle
from loom.tools.text_file import Encoding, content_hash, is_binary

MAX_BYTES = 1_048_576
MAX_IMAGE = 5 * 1_048_576
"""Bytes of an image once in base64, which is what providers limit."""
MAX_REMEMBERED = 10_000_000
"""Bytes of the largest file that is held in memory, remembered, and may be edited."""
_NUMBER_WIDTH = 8
_PIECE = 1_048_576
_SIGNATURES = (
    (b"\x7fELF", "ELF executable"),
    (b"PK\x03\x04", "zip archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"%PDF-", "PDF document"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\0asm", "WebAssembly module"),
)


class ReadFileArguments(Struct, forbid_unknown_fields=True):
    """Arguments of read_file."""

    path: Annotated[str, Meta(description="File to read, relative to the workspace.")]
    offset: Annotated[int, Meta(ge=1, le=2**31, description="First line, from 1.")] = 1
    limit: Annotated[int, Meta(ge=1, le=2**31, description="How many lines.")] | None = None
    max_bytes: Annotated[
        int, Meta(ge=1, le=MAX_BYTES, description="At most this much of the file's text.")
    ] = MAX_BYTES


class ReadFile:
    """Reads what is there and remembers its hash, so that a later edit knows what it edits."""

    name = "read_file"
    description = """\
Read a file of the workspace. Text comes as numbered lines (`     1→text`; the number and the \
arrow are not part of the file); PNG, JPEG, GIF and WebP come as images. A long file comes in \
part and the last line says how to read on: use offset and limit. Read a file before you edit it."""
    arguments: type[Struct] = ReadFileArguments
    is_read_only = True
    is_mutating = False

    def summary(self, arguments: ReadFileArguments) -> str:
        """`read loom/app.py:1-80`."""
        lines = ""
        if arguments.limit is not None:
            lines = f":{arguments.offset}-{arguments.offset + arguments.limit - 1}"
        elif arguments.offset > 1:
            lines = f":{arguments.offset}-"
        return one_line(f"read {arguments.path}") + lines

    def access(self, arguments: ReadFileArguments, context: ToolContext) -> Access:
        """Reads one path."""
        return Access(self.name, "read", targets(_root(arguments.path, context), arguments.path))

    async def preview(self, arguments: ReadFileArguments, context: ToolContext) -> Display:
        """The path and the range."""
        return Display("text", self.summary(arguments))

    async def run(self, arguments: ReadFileArguments, context: ToolContext) -> Answer:
        """Raises NotFound, PathOutsideWorkspace, ToolError."""
        return await settle(self._read, arguments, context)

    def _read(self, arguments: ReadFileArguments, context: ToolContext) -> Answer:
        root = _root(arguments.path, context)
        with locate(root, arguments.path) as place, place.open_file() as file:
            size = os.fstat(file.fileno()).st_size
            source = _remembered(file, size, root / place.relative, context)
            start = source.read(8_192)
            source.seek(0)
            if media_type := image_type(start):
                return _image(place, size, media_type, source)
            if is_binary(start):
                return _binary(place, size, start)
            return _text(arguments, place, size, source, Encoding.of(start))


def _root(path: str, context: ToolContext) -> Path:
    """The workspace, or the session's own folder of long outputs when `path` names it."""
    is_output = path.startswith(f"{context.scratch}/")
    return context.scratch if is_output else context.workspace


def _remembered(file: BinaryIO, size: int, path: Path, context: ToolContext) -> BinaryIO:
    """The content to read from; its hash is noted unless the file is too large to be edited."""
    if size > MAX_REMEMBERED:
        return file
    data = file.read(MAX_REMEMBERED + 1)
    context.memory.seen[path] = content_hash(data)
    return io.BytesIO(data)


def image_type(start: bytes) -> str:
    """The media type of the image that begins with `start`, or nothing."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "image/webp"
    return ""


def _image(place: Place, size: int, media_type: str, source: BinaryIO) -> Answer:
    if (size + 2) // 3 * 4 > MAX_IMAGE:
        raise ToolError(
            f"{place.relative} is an image of {size:,} bytes; at most {MAX_IMAGE * 3 // 4:,}",
            "Make a smaller copy and read that.",
        )
    image = Image(media_type, base64.b64encode(source.read()).decode())
    text = f"{place.relative}: {media_type}, {size:,} bytes"
    return Answer(text, (image,), Display("text", text))


def _binary(place: Place, size: int, start: bytes) -> Answer:
    kind = next((name for sign, name in _SIGNATURES if start.startswith(sign)), "")
    kind = kind or mimetypes.guess_type(place.name)[0] or "unknown type"
    text = f"{place.relative} is binary ({kind}, {size:,} bytes); its content is not shown."
    return Answer(text, display=Display("text", text))


@dataclass(frozen=True)
class _Window:
    """The lines that fit; `total` is 0 when the end was not looked for."""

    lines: list[str]
    is_cut: bool
    total: int


def _text(
    arguments: ReadFileArguments, place: Place, size: int, source: BinaryIO, encoding: Encoding
) -> Answer:
    source.seek(len(encoding.mark))
    window = _window(_lines(source, encoding), arguments)
    if not window.lines and arguments.offset > 1:
        raise InvalidArguments(f"{place.relative} has {window.total:,} lines")
    first, last = arguments.offset, arguments.offset + len(window.lines) - 1
    rows = list(enumerate(window.lines, first))
    body = "".join(f"{number:>6}→{line}\n" for number, line in rows)
    shown = "".join(f"{number:>{len(str(last))}}  {line}\n" for number, line in rows)
    if window.is_cut:
        body += f"[Lines {first:,}-{last:,}; the file goes on ({size:,} bytes in all). "
        body += f"Read on with offset={last + 1}.]"
    summary = f"{place.relative}: {len(window.lines):,} lines" + (" (part)" * window.is_cut)
    return Answer(body or "[The file is empty.]", display=Display("text", summary, shown))


def _lines(source: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Each line without its ending, cut to what may be shown; lossy where bytes are no text."""
    text = io.TextIOWrapper(source, encoding.codec, "replace", newline="\n")
    try:
        while line := text.readline(MAX_LINE + 1):
            if line.endswith("\n") or len(line) <= MAX_LINE:
                yield line.removesuffix("\n").removesuffix("\r")
            else:
                hidden = 1 + _skip_line(text)
                yield f"{line[:MAX_LINE]}… [{hidden:,} more characters]"
    finally:
        text.detach()


def _skip_line(text: io.TextIOWrapper) -> int:
    skipped = 0
    while piece := text.readline(_PIECE):
        skipped += len(piece.removesuffix("\n"))
        if piece.endswith("\n"):
            break
    return skipped


def _window(lines: Iterator[str], arguments: ReadFileArguments) -> _Window:
    budget = min(arguments.max_bytes, MAX_ANSWER - 1_000)
    taken: list[str] = []
    number = 0
    for number, line in enumerate(lines, 1):
        if number < arguments.offset:
            continue
        budget -= len(line.encode("utf-8", "replace")) + _NUMBER_WIDTH
        is_full = len(taken) == arguments.limit or (budget < 0 and bool(taken))
        if is_full:
            return _Window(taken, True, 0)
        taken.append(line)
    return _Window(taken, False, number)
