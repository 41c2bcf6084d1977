"""Bodies that come packed although that was not asked for (RFC 9110 §8.4)."""

import zlib

PIECE = 1024 * 1024
"""Bytes that are unpacked at a time: a small body can hold a very large one."""

_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class CannotUnpack(OSError):
    """The coding is unknown, or the bytes are not of it."""


class Unpacker:
    """Unpacks gzip and deflate, piece by piece.

    Raises:
        CannotUnpack: nobody here knows the coding.
    """

    def __init__(self, coding: str) -> None:
        window = _WINDOWS.get(coding)
        if window is None:
            raise CannotUnpack(f"content coding {coding!r}")
        self._coding = coding
        self._zlib = zlib.decompressobj(window)
        self._has_begun = False
        self._rest = b""

    @property
    def has_more(self) -> bool:
        """Whether `unpack(b"")` would yield more."""
        return bool(self._rest)

    def unpack(self, data: bytes) -> bytes:
        """At most PIECE bytes of what `data` and what came before it hold.

        Raises:
            CannotUnpack: the bytes are no such thing.
        """
        data = self._rest + data
        try:
            unpacked = self._begun(data).decompress(data, PIECE)
        except zlib.error as error:
            raise CannotUnpack(str(error)) from error
        self._rest = self._zlib.unconsumed_tail
        return unpacked

    def finish(self) -> None:
        """Takes note of the end. Raises CannotUnpack when something is missing."""
        if self._has_begun and not self._zlib.eof:
            raise CannotUnpack("the packed body ends early")

    def _begun(self, data: bytes) -> "zlib._Decompress":
        if data and not self._has_begun:
            self._has_begun = True
            if self._coding == "deflate" and data[0] & 0x0F != 8:
                # Some send it without the zlib head that RFC 9110 §8.4.1.2 asks for.
                self._zlib = zlib.decompressobj(-15)
        return self._zlib
