"""Ops and Events as frames over any byte stream: four bytes of length, then JSON.

A viewer opens with Watch or Drive. After Watch it gets Happened frames until the session closes;
after Drive each Do is answered by Done or Refused.
"""

import asyncio

from msgspec import Raw, Struct

from loom.core import codec
from loom.core.errors import CodecError

MAX_FRAME = 64 * 1024 * 1024


class Watch(Struct, frozen=True, tag="watch", omit_defaults=True):
    """Follow a session's events; `after` as in `AgentSession.events`."""

    thread_id: str
    after: int | None = None


class Drive(Struct, frozen=True, tag="drive"):
    """Send Ops to a session."""

    thread_id: str


class Do(Struct, frozen=True, tag="do"):
    """One Op, as `codec` writes it."""

    op: Raw


class Happened(Struct, frozen=True, tag="happened"):
    """One Event, as `codec` writes it."""

    event: Raw


class Done(Struct, frozen=True, tag="done"):
    """The Op was handed over."""


class Refused(Struct, frozen=True, tag="refused", omit_defaults=True):
    """It cannot be done; the connection ends."""

    message: str
    hint: str = ""


Frame = Watch | Drive | Do | Happened | Done | Refused


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None at the end of the stream. Raises CodecError for anything else."""
    try:
        size = int.from_bytes(await reader.readexactly(4), "big")
        if size > MAX_FRAME:
            raise CodecError(f"a frame of {size} bytes is too large")
        frame: Frame = codec.decode(await reader.readexactly(size), Frame)
        return frame
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise CodecError("the stream ended inside a frame") from error
        return None
    except ConnectionError:
        return None


async def write_frame(writer: asyncio.StreamWriter, frame: Frame) -> None:
    """Send one frame and wait while the other side is slow. Raises ConnectionError."""
    body = codec.encode(frame)
    writer.write(len(body).to_bytes(4, "big") + body)
    await writer.drain()
