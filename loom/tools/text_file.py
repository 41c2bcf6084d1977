"""A file's bytes as text and back, such that untouched parts come back byte for byte."""

import codecs
import hashlib
from dataclasses import dataclass

from loom.core.errors import InvalidArguments

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SNIFFED = 8_192


@dataclass(frozen=True)
class Encoding:
    """How a file is written: its byte order mark (often empty) and its codec."""

    mark: bytes = b""
    codec: str = "utf-8"

    @classmethod
    def of(cls, start: bytes) -> "Encoding":
        """Judged from a file's first bytes; without a mark it is UTF-8."""
        for mark, codec in _MARKS:
            if start.startswith(mark):
                return cls(mark, codec)
        return cls()

    def decode(self, data: bytes) -> str:
        """The text of a whole file, without its mark; bytes that are no text become surrogates."""
        return data[len(self.mark) :].decode(self.codec, self._errors)

    def encode(self, text: str) -> bytes:
        """The inverse of `decode`. Raises InvalidArguments for half a character in new text."""
        try:
            return self.mark + text.encode(self.codec, self._errors)
        except UnicodeEncodeError as error:
            raise InvalidArguments(f"the text cannot be written as {self.codec}") from error

    @property
    def _errors(self) -> str:
        # UTF-16 knows no `surrogateescape` on the way in; its own lone halves pass both ways.
        return "surrogateescape" if self.codec == "utf-8" else "surrogatepass"


def is_binary(start: bytes) -> bool:
    """The file's first bytes are not text: a NUL, where no UTF-16 mark explains it."""
    return not Encoding.of(start).codec.startswith("utf-16") and b"\0" in start[:_SNIFFED]


def content_hash(data: bytes) -> str:
    """What `SessionMemory.seen` keeps of a file's whole content."""
    return hashlib.sha256(data).hexdigest()


def refuse_half_characters(what: str, text: str) -> None:
    """Raises InvalidArguments when `text` cannot be UTF-8 or holds a NUL."""
    if "\0" in text:
        raise InvalidArguments(f"{what} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArguments(f"{what} holds half a character (a lone surrogate)") from None
