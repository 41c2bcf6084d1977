"""A typed message as content blocks: its text, and the files that go with it."""

import base64
import mimetypes
from collections.abc import Iterable
from pathlib import Path

from loom.core.errors import ToolError
from loom.core.messages import Block, Image, Text

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MAX_IMAGE = 5 * 1024 * 1024
MAX_TEXT = 200_000


def blocks(text: str, attachments: Iterable[Path]) -> tuple[Block, ...]:
    """The message's content. Raises ToolError naming a file that cannot go with it."""
    return (*(_block(path) for path in attachments), Text(text))


def _block(path: Path) -> Block:
    kind = mimetypes.guess_type(path.name)[0] or ""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ToolError(f"{path} cannot be attached: {error.strerror}") from error
    if kind in IMAGE_TYPES:
        if len(data) > MAX_IMAGE:
            raise ToolError(f"{path.name} is larger than 5 MB")
        return Image(kind, base64.b64encode(data).decode())
    if b"\0" in data[:8_000]:
        raise ToolError(f"{path.name} is neither text nor an image that models can see")
    body = data.decode(errors="replace")[:MAX_TEXT]
    return Text(f"<file path={str(path)!r}>\n{body}\n</file>\n\n")
