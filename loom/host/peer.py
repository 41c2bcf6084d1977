"""Who is at the other end of a Unix socket."""

import asyncio
import os
import socket
import struct


def is_same_user(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer runs as this user (SO_PEERCRED, Linux; elsewhere the 0600 path decides)."""
    peer = writer.get_extra_info("socket")
    if peer is None or not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(uid == os.getuid())
