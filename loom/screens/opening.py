"""Opening what a person points at: an address in the browser, a file in the editor.

What stands in a conversation was written by others. Nothing is opened but on a person's key or
click, no file outside the workspace, no address but of the web and mail, and where the text says
something else than where it leads, that is shown first.
"""

import asyncio
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from textual.app import App, SuspendNotSupported

from loom.clipboard.board import is_remote
from loom.markup.clean import safe_link
from loom.secrets import clean_environment
from loom.widgets.transcript.targets import Target

_PATIENCE = 3.0
_PLUS_LINE = ("vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe")
_GO_TO = ("code", "code-insiders", "codium", "cursor", "windsurf")
_COLONS = ("hx", "helix", "subl", "zed")
_USUAL = ("nano", "vim", "vi")


class Opening:
    """Opens targets of one workspace.

    Args:
        environment: of the terminal: names the editor, and whether there is a browser.
    """

    def __init__(self, app: App[None], workspace: Path, environment: Mapping[str, str]) -> None:
        self._app = app
        self._workspace = workspace
        self._environment = environment

    async def open(self, target: Target) -> None:
        """Open it, or say why not."""
        if target.url:
            await self._open_url(target)
            return
        path = file_in(self._workspace, target.path)
        if path is None:
            self._app.notify(f"There is no file {target.path} in this folder.", markup=False)
        else:
            self._edit(path, target)

    async def _open_url(self, target: Target) -> None:
        url = safe_link(target.url)
        if not url or (target.shown != url and not await self._is_meant(url)):
            return
        if self._app.is_web:
            self._app.open_url(url)
            return
        program = browser(self._environment)
        is_open = bool(program) and await asyncio.to_thread(
            _starts, (program, url), self._environment
        )
        if is_open:
            self._app.notify(f"Opened {url}", markup=False)
            return
        self._app.notify(f"There is no browser here for {url}", markup=False)
        self._app.copy_to_clipboard(url)

    async def _is_meant(self, url: str) -> bool:
        from loom.widgets.confirm_modal import ConfirmModal

        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        question = ConfirmModal("Open this address?", url, yes="open")
        self._app.push_screen(question, answer.set_result)
        return bool(await answer)

    def _edit(self, path: Path, target: Target) -> None:
        argv = editor(self._environment, path, target.line, target.column)
        if not argv:
            self._app.notify("There is no editor: set EDITOR.", severity="warning")
            return
        try:
            # All of Loom's screen waits, as the editor has the terminal.
            with self._app.suspend():
                status = _run(argv, self._workspace, self._environment)
        except SuspendNotSupported:
            self._app.notify("A browser has no editor; the path is copied.")
            self._app.copy_to_clipboard(str(path))
            return
        self._app.refresh()
        if status:
            self._app.notify(f"{argv[0]}: {status}", severity="warning", markup=False)


def file_in(workspace: Path, written: str) -> Path | None:
    """The existing file of that name in the workspace, wherever links lead; None for all others."""
    root = workspace.resolve()
    with suppress(OSError, ValueError):
        path = (root / written).resolve()
        if path.is_file() and path.is_relative_to(root):
            return path
    return None


def editor(environment: Mapping[str, str], path: Path, line: int, column: int) -> list[str]:
    """The command that opens a file at a place, as far as the editor is known; none without one."""
    search = environment.get("PATH", "")
    chosen = environment.get("VISUAL") or environment.get("EDITOR")
    usual = next((name for name in _USUAL if shutil.which(name, path=search)), "")
    try:
        words = shlex.split(chosen or usual)
    except ValueError:
        return []
    if not words:
        return []
    name, place = Path(words[0]).name, f"{path}:{line}" + f":{column}" * bool(column)
    if not line:
        return [*words, str(path)]
    if name in _GO_TO:
        return [*words, "-g", place]
    if name in _COLONS:
        return [*words, place]
    return [*words, *([f"+{line}"] if name in _PLUS_LINE else []), str(path)]


def browser(environment: Mapping[str, str], platform: str = sys.platform) -> str:
    """The program that hands an address to the person's browser; empty where there is none."""
    if is_remote(environment):
        return ""
    if platform == "darwin":
        names = ["open"]
    elif environment.get("WSL_DISTRO_NAME"):
        names = ["wslview"]
    else:
        has_display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
        names = ["xdg-open"] * bool(has_display)
    search = environment.get("PATH", "")
    return next((name for name in names if shutil.which(name, path=search)), "")


def _starts(argv: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a program starts: it ends well, or goes on as a browser does."""
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            argv,
            env=clean_environment(environment),
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        )
        return process.wait(_PATIENCE) == 0
    except subprocess.TimeoutExpired:
        return True
    except OSError:
        return False


def _run(argv: Sequence[str], workspace: Path, environment: Mapping[str, str]) -> str:
    """Run a program on this terminal until it ends; what went wrong, else nothing."""
    try:
        ended = subprocess.run(argv, cwd=workspace, env=clean_environment(environment), check=False)
    except OSError as error:
        return error.strerror or str(error)
    return f"ended with {ended.returncode}" if ended.returncode else ""
