"""Ops and Events as frames over any byte stream: four bytes of length, then JSON.

A viewer opens with Watch or Drive. After Watch it gets Happened frames until the session closes;
after Drive each Do is answered by Done or Refused. A request (StartThread, OpenThread, ListModels,
AskStatus, Stop) gets one answer, and the connection ends; only the daemon takes all of them.
"""

import asyncio
from typing import Any

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


class Terms(Struct, frozen=True, omit_defaults=True):
    """What a session is opened with, as the caller's settings and flags say.

    `settings` are nested tables like a settings file's, without the token; `environment` is what
    commands inherit, without secrets; `token` is for the server that the settings name.
    """

    workspace: str
    settings: dict[str, Any] = {}
    environment: dict[str, str] = {}
    allowed: tuple[str, ...] = ()
    token: str = ""


class StartThread(Struct, frozen=True, tag="start_thread", omit_defaults=True):
    """A session on a new thread in the terms' workspace; answered by Opened."""

    terms: Terms
    is_private: bool = False


class OpenThread(Struct, frozen=True, tag="open_thread"):
    """The session on the thread whose id begins with `prefix`; answered by Opened."""

    prefix: str
    terms: Terms


class ListModels(Struct, frozen=True, tag="list_models"):
    """Answered by ModelList: rows as in `Model.models`."""

    terms: Terms


class AskStatus(Struct, frozen=True, tag="ask_status"):
    """Answered by Status."""


class Stop(Struct, frozen=True, tag="stop"):
    """Close the sessions and end; answered by Done."""


class Opened(Struct, frozen=True, tag="opened"):
    """The thread's session can be held at `socket`, this process's or another's."""

    thread_id: str
    socket: str


class ModelList(Struct, frozen=True, tag="model_list"):
    """The models of the server that the terms name."""

    models: list[dict[str, Any]]


class LiveSession(Struct, frozen=True):
    """A session: `viewers` watch it; `standing` is `working`, `waiting` (for a person) or `rest`.

    A background command of a session at rest counts as work.
    """

    thread_id: str
    standing: str = "rest"
    viewers: int = 0


class Status(Struct, frozen=True, tag="status", omit_defaults=True):
    """A host and its sessions. `started_at` in Unix ms; `is_ending` takes no more requests.

    `server` tells apart the environments that its embedded server was started in.
    """

    version: str
    pid: int
    started_at: int = 0
    is_daemon: bool = False
    is_ending: bool = False
    server: str = ""
    sessions: tuple[LiveSession, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether a session works, waits for a person, or is watched."""
        return any(each.standing != "rest" or each.viewers for each in self.sessions)


Request = StartThread | OpenThread | ListModels | AskStatus | Stop
Reply = Opened | ModelList | Status | Done | Refused
Frame = Watch | Drive | Do | Happened | Request | Reply


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
