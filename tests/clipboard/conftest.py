"""A clipboard whose terminal is a list, and programs that are small shell scripts."""

from pathlib import Path

import pytest

from loom.clipboard import Clipboard


class Board:
    """`written` is what the terminal got; `kept` the file of last resort."""

    def __init__(self, folder: Path) -> None:
        self.written: list[str] = []
        self.kept = folder / "state" / "copied.txt"
        self.bin = folder / "bin"
        self.bin.mkdir()

    def program(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def clipboard(self, *, is_browser: bool = False, **variables: str) -> Clipboard:
        environment = {"PATH": f"{self.bin}:/bin:/usr/bin", "TERM": "xterm-256color", **variables}
        return Clipboard(environment, self.written.append, self.kept, is_browser=is_browser)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)
