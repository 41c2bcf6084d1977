"""What of a long text reaches the model: caps, clipped lines, and the rest kept in a file."""

import hashlib
from pathlib import Path

from loom.core.messages import Text

MAX_ANSWER = 100_000
"""Characters of one result that the model is shown."""
MAX_LINE = 2_000
"""Characters of one line that the model is shown."""
_TAIL = 10_000


def printable(text: str) -> str:
    """`text` without lone surrogates, which no JSON on the way to the model can carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def visible(name: str) -> str:
    """The file name `name` on one line, whatever characters it is made of."""
    return printable(name if name.isprintable() else repr(name)[1:-1])


def one_line(text: str, width: int = 120) -> str:
    """`text` as a summary for people: without control characters, at most `width` long."""
    short = text[: 4 * width]
    line = " ".join("".join(char if char.isprintable() else " " for char in short).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def clip(line: str, width: int = MAX_LINE) -> str:
    """`line` cut to `width` characters, saying how many are left out."""
    if len(line) <= width:
        return line
    return f"{line[:width]}… [{len(line) - width:,} more characters]"


def fit(text: str, scratch: Path) -> tuple[Text, ...]:
    """`text` as blocks; what exceeds MAX_ANSWER is kept in a file that is named.

    The beginning and the last part are shown, since the end of an output is where its verdict
    stands.
    """
    text = printable(text)
    if len(text) <= MAX_ANSWER:
        return (Text(text),) if text else ()
    head, tail = text[: MAX_ANSWER - _TAIL], text[-_TAIL:]
    left_out = len(text) - len(head) - len(tail)
    rest = f"… [{left_out:,} characters left out; {_keep(text, scratch)}]"
    return (Text(f"{head}\n{rest}\n{tail}"),)


def _keep(text: str, scratch: Path) -> str:
    data = text.encode()
    where = scratch / f"output-{hashlib.sha256(data).hexdigest()[:16]}.txt"
    try:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        where.write_bytes(data)
    except OSError as error:
        # A full disk must not turn a tool's success into a failure.
        return f"they could not be kept: {error.strerror}"
    return f"all of it: {where}"
