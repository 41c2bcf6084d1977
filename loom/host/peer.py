"""Who is at the other end of a Unix socket."""

import asyncio
import os
import socket
import struct
from pathlib import Path

_PATIENCE = 1.0
_CREDENTIALS = "3i"
"""struct ucred: pid, uid, gid (unix(7))."""


def is_same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer runs as this user (SO_PEERCRED, Linux; elsewhere the 0600 path decides)."""
    peer = writer.get_extra_info("socket")
    if peer is None or not hasattr(socket, "SO_PEERCRED"):
        return True
    return _credentials(peer)[1] == os.getuid()


def listener(path: Path) -> int | None:
    """The process of this user that listens at `path`; None where there is none or nobody tells."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(str(path))
            pid, uid = _credentials(connection)
    except OSError:
        return None
    return pid if uid == os.getuid() else None


def _credentials(peer: socket.socket) -> tuple[int, int]:
    """The peer's process and user."""
    size = struct.calcsize(_CREDENTIALS)
    told = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, _ = struct.unpack(_CREDENTIALS, told)
    return pid, uid
