"""Where a text goes that a person copies: a program, tmux, the terminal, or at last a file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from loom.clipboard import osc52
from loom.clipboard.outcome import NOTHING, Outcome, amount
from loom.clipboard.tmux import Around, Tmux
from loom.clipboard.tools import feed, usable

_UNSURE = "some terminals refuse it"
_WITHOUT_CLIPBOARD = ("", "dumb", "linux", "unknown")


class Clipboard:
    """Puts text where the person can paste it from, and says what is known of that.

    Args:
        environment: of the terminal that Loom runs in.
        write: sends control sequences to that terminal.
        kept: the file for a text that no clipboard takes; None keeps nothing.
        is_browser: the terminal is a web page.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        write: Callable[[str], None],
        kept: Path | None = None,
        *,
        is_browser: bool = False,
    ) -> None:
        self._environment = environment
        self._write = write
        self._kept = kept
        self._is_browser = is_browser

    async def put(self, text: str) -> Outcome:
        """Copy `text`; what became of it."""
        if not text:
            return NOTHING
        text = text.encode(errors="replace").decode()
        if self._is_browser:
            return self._to_browser(text)
        if self._environment.get("TMUX"):
            tmux = Tmux(self._environment)
            around = await tmux.around()
            if around is not None:
                return await self._inside_tmux(text, tmux, around)
        failed = ""
        if not is_remote(self._environment):
            copied_by, failed = await self._by_tool(text)
            if copied_by:
                return Outcome(f"Copied {amount(text)}.")
        return self._to_terminal(text, failed)

    async def _by_tool(self, text: str) -> tuple[str, str]:
        """The program that has the text, and those before it that failed, as a sentence."""
        failed = []
        for tool in usable(self._environment):
            if await feed(tool.argv, text.encode(tool.encoding), self._environment):
                return tool.name, ""
            failed.append(tool.name)
        return "", f"{' and '.join(failed)} failed. " if failed else ""

    async def _inside_tmux(self, text: str, tmux: Tmux, around: Around) -> Outcome:
        failed = ""
        if not around.is_remote:
            copied_by, failed = await self._by_tool(text)
            if copied_by:
                await tmux.load(text, also_outside=False)
                return Outcome(f"Copied {amount(text)}.")
        is_small = len(text.encode()) <= osc52.MAX_BYTES
        may_leave = is_small and around.sets_clipboard
        is_loaded = await tmux.load(text, also_outside=may_leave and around.has_clipboard)
        passes = may_leave and around.passes
        if passes:
            self._write(osc52.through_tmux(osc52.sequence(text)))
        where = "is in tmux's buffer" if is_loaded else "did not reach tmux's buffer"
        said = f"{failed}{amount(text)}: {where}"
        if not is_small:
            return self._to_file(text, f"{said}. It is too much for a terminal")
        if passes or (may_leave and around.has_clipboard and is_loaded):
            return Outcome(f"{said}, and was sent to the terminal; {_UNSURE}.", is_certain=False)
        return Outcome(f"{said} only.", _tmux_hint(around, self._environment), is_loaded)

    def _to_terminal(self, text: str, failed: str) -> Outcome:
        if self._environment.get("TERM", "") in _WITHOUT_CLIPBOARD:
            return self._to_file(text, f"{failed}This terminal has no clipboard")
        if len(text.encode()) > osc52.MAX_BYTES:
            return self._to_file(text, f"{failed}{amount(text)}: too much for a terminal")
        self._write(self._wrapped(osc52.sequence(text)))
        said = f"{failed}{amount(text)} sent to the terminal's clipboard (OSC 52); {_UNSURE}."
        return Outcome(said, is_certain=False)

    def _wrapped(self, inner: str) -> str:
        """`inner` through what stands between Loom and the terminal."""
        if self._environment.get("TMUX"):
            return osc52.through_tmux(inner)
        if self._environment.get("STY"):
            return osc52.through_screen(inner)
        # By SSH out of screen or tmux only TERM comes along: each ignores what is for the other.
        is_in_screen = self._environment.get("TERM", "").startswith("screen")
        return inner + osc52.through_screen(inner) if is_in_screen else inner

    def _to_browser(self, text: str) -> Outcome:
        self._write(osc52.sequence(text))
        said = f"{amount(text)} sent to the browser, which refuses it to pages without HTTPS."
        return Outcome(said, is_certain=False)

    def _to_file(self, text: str, why: str) -> Outcome:
        """The text in a file of its owner's alone, in place of the one before."""
        if self._kept is None:
            return Outcome(f"{why}: nothing was copied.", is_certain=False)
        try:
            _write_private(self._kept, text)
        except OSError as error:
            return Outcome(f"{why}, and {self._kept}: {error.strerror}.", is_certain=False)
        return Outcome(f"{why}: written to {self._kept} instead.", is_certain=False)


def is_remote(environment: Mapping[str, str]) -> bool:
    """Whether the person sits at another machine: its clipboard is not this one's."""
    return any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def _tmux_hint(around: Around, environment: Mapping[str, str]) -> str:
    if not around.sets_clipboard:
        return "tmux's set-clipboard is off; to reach the terminal: tmux set -s set-clipboard on"
    return "The terminal's own clipboard: tmux set -as terminal-features ',*:clipboard'"


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shorter = path.with_name(f"{path.name}.{os.getpid()}")
    shorter.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(shorter, flags, 0o600), "w", encoding="utf-8", newline="") as file:
        file.write(text)
    shorter.replace(path)
