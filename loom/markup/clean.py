"""Makes text harmless: nothing that leaves here can move a cursor, set a title or hide a word.

Source: ECMA-48 §5.4 (C0, C1, control sequences); Unicode TR #36 §2.10 (bidirectional overrides).
"""

import re

TAB_SIZE = 4
REPLACEMENT = "\ufffd"

_CONTROL_PICTURES = 0x2400
_DELETE_PICTURE = "\u2421"
_BIDI_CONTROLS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))

_PICTURES: dict[int, str] = {
    **{code: chr(_CONTROL_PICTURES + code) for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: _DELETE_PICTURE,
    **dict.fromkeys(range(0x80, 0xA0), REPLACEMENT),
    **dict.fromkeys(_BIDI_CONTROLS, REPLACEMENT),
    0x2028: " ",
    0x2029: " ",
    0xFEFF: "",
}

_IS_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
).search
_SURROGATES = re.compile("[\ud800-\udfff]")
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC … BEL or ST
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    r"|\x1b[ -/]*[0-~]?"  # the rest
)
_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")
_ERASED = re.compile(r"[^\n\x08]\x08")


def visible(text: str) -> str:
    """`text` with each control character shown as a picture (ESC is `␛`, NUL is `␀`).

    Line feeds and tabs stay; CR LF and CR become LF; C1 controls, bidirectional overrides and lone
    surrogates, none of which a terminal may be sent, become U+FFFD.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _IS_HARMFUL(text):
        return text
    return _SURROGATES.sub(REPLACEMENT, text).translate(_PICTURES)


def one_line(text: str) -> str:
    """`text` made visible and put on one line: every run of white space is one space."""
    return " ".join(visible(text).split())


def plain_output(text: str) -> str:
    """A program's output as it would stand in a terminal, without its colours and cursor moves.

    Escape sequences are dropped, a line rewritten after a carriage return shows its last state,
    backspaces erase; what is left is made visible.
    """
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    if "\x08" in text:
        text = _ERASED.sub("", text)
    if "\r" in text:
        text = _OVERWRITTEN.sub("", text.replace("\r\n", "\n")).replace("\r", "")
    return visible(text)


def expand_tabs(line: str) -> str:
    """One line with tabs to the next multiple of TAB_SIZE columns."""
    return line.expandtabs(TAB_SIZE) if "\t" in line else line


def safe_link(url: str) -> str:
    """`url` if it may become a hyperlink (http, https or mailto, printable ASCII), or ''."""
    scheme = url.partition(":")[0].lower()
    is_allowed = scheme in ("http", "https", "mailto") and len(url) <= 2_000
    return url if is_allowed and url.isascii() and url.isprintable() and " " not in url else ""
