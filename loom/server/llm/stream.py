"""What the decoders of all providers share: SSE in, exactly one terminal event out."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from loom.api.sse import SseParser
from loom.core.errors import CodecError
from loom.core.llm import Completed, LlmError, LlmEvent
from loom.core.messages import Usage
from loom.server.llm.answer import Answer, repaired
from loom.server.llm.failures import Failures

T = TypeVar("T")


class EventDecoder(ABC):
    """A StreamDecoder that is told one upstream event at a time.

    Args:
        answer: where the parts are collected.
        failures: words for what goes wrong.
    """

    def __init__(self, answer: Answer, failures: Failures) -> None:
        self.is_finished = False
        self._answer = answer
        self._failures = failures
        self._parser = SseParser()

    @property
    def usage(self) -> Usage:
        """The tokens that were told so far."""
        return self._answer.usage

    def feed(self, chunk: bytes) -> list[LlmEvent]:
        """Events completed by this chunk; nothing after the terminal event."""
        out: list[LlmEvent] = []
        if self.is_finished:
            return out
        try:
            for name, data in self._parser.feed(chunk):
                for event in self._accept(name, data):
                    out.append(event)
                    if isinstance(event, (Completed, LlmError)):
                        self.is_finished = True
                        return out
        except CodecError as error:
            self.is_finished = True
            out.append(self._failures.garbled(error.message))
        return out

    def finish(self) -> list[LlmEvent]:
        """The stream's end: a truncation error unless the terminal event was already given."""
        if self.is_finished:
            return []
        self.is_finished = True
        return [self._at_end()]

    @abstractmethod
    def _accept(self, name: str, data: bytes) -> Iterable[LlmEvent]:
        """What one upstream event comes to. Raises CodecError when it is not the protocol."""

    def _at_end(self) -> LlmEvent:
        """The terminal event of a stream that ended without one."""
        return self._failures.truncated()


def decoded(decoder: "msgspec.json.Decoder[T]", data: bytes) -> T:
    """`data` as the decoder's type.

    Raises:
        CodecError: not JSON.
        msgspec.ValidationError: JSON of another shape.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        raise
    except RecursionError as error:
        raise CodecError("nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if b"\\u" not in data:
            raise CodecError(f"not JSON: {error}") from error
        return _repaired(decoder, data, error)


def shaped(decoder: "msgspec.json.Decoder[T]", data: bytes) -> T:
    """`data` as the decoder's type. Raises CodecError, also for JSON of another shape."""
    try:
        return decoded(decoder, data)
    except msgspec.ValidationError as error:
        raise CodecError(f"unexpected shape: {error}") from error


def _repaired(decoder: "msgspec.json.Decoder[T]", data: bytes, error: Exception) -> T:
    """Second try for what only msgspec refuses: servers cut surrogate pairs between two events."""
    try:
        return msgspec.convert(repaired(json.loads(data)), decoder.type)
    except msgspec.ValidationError:
        raise
    except (ValueError, RecursionError):
        raise CodecError(f"not JSON: {error}") from error
