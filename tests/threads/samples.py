"""Entries that tests put into a store."""

from loom.core.history import MessageEntry, ToolResultEntry
from loom.core.messages import Image, Message, Text, ToolResult

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def said(text: str, role: str = "user") -> MessageEntry:
    return MessageEntry(Message(role, (Text(text),)))


def shown(data: str = PNG) -> MessageEntry:
    return MessageEntry(Message("user", (Text("look"), Image("image/png", data))))


def answered(text: str, call_id: str = "c1", *images: Image) -> ToolResultEntry:
    return ToolResultEntry(ToolResult(call_id, (Text(text), *images)))
