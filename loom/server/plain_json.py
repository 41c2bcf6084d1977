"""JSON objects that every reader reads alike.

Readers differ where a name stands twice, where names differ by case alone, and where bytes are no
UTF-8. What is decided about such a body may not be what is done with it.
"""

from collections.abc import Mapping

import msgspec

from loom.server.errors import Refused

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()


def members(body: bytes) -> Mapping[str, msgspec.Raw]:
    """The values of a JSON object by name, each as it was written.

    Raises:
        Refused: it is none (400), says a name twice, or writes one with escapes.
    """
    try:
        found = _decoder.decode(body)
        if not body.isascii():
            body.decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise unclear(f"not a JSON object in UTF-8: {error}") from error
    written = _encoder.encode(found)
    # Written again it is the same, but for blanks, of which most have none.
    if written != body and _close(written) != _close(body):
        raise unclear("a field's name stands there twice, or is written with escapes")
    return found


def unclear(what: str) -> Refused:
    """The refusal of a body that somebody else may read in another way."""
    hint = "Loom passes on what can be read in one way only."
    return Refused(400, "invalid_request", f"the request's body: {what}.", hint)


def _close(text: bytes) -> bytes:
    """JSON without the blanks between its parts."""
    return msgspec.json.format(text, indent=-1)
