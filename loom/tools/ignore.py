"""What git ignores: nested .gitignore files and .git/info/exclude, for a walk from the top down.

Source: gitignore(5). The user's own global excludes are left out, so that the same workspace looks
the same to everyone.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from loom.tools.place import open_regular

_MAX_RULES = 1_000_000


@dataclass(frozen=True)
class Rules:
    """The ignore files in force in one folder, from the outermost in.

    Attributes:
        prefix: what stands before workspace paths to make them relative to the repository.
        layers: where each file counts from (empty, or ending in `/`, relative to the repository)
            and what it says.
    """

    prefix: str = ""
    layers: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def is_ignored(self, path: str, is_folder: bool) -> bool:
        """Whether git ignores the entry at `path`; the folders above it are taken as not ignored.

        The innermost file that says anything decides, and in it the last line that matches.
        """
        full = self.prefix + path + ("/" if is_folder else "")
        for base, spec in reversed(self.layers):
            verdict = spec.check_file(full.removeprefix(base)).include
            if verdict is not None:
                return verdict
        return False

    def inside(self, folder: int, path: str) -> "Rules":
        """These rules and those of the open `folder`, which is at `path` in the workspace."""
        lines = _lines(folder, ".gitignore")
        if not lines:
            return self
        base = f"{self.prefix}{path}/" if path not in ("", ".") else self.prefix
        return Rules(self.prefix, (*self.layers, (base, GitIgnoreSpec.from_lines(lines))))

    def without_layers(self) -> "Rules":
        """No rules yet, for a folder that is ignored itself and yet asked for by name."""
        return Rules(self.prefix)


def rules_above(workspace: Path) -> Rules:
    """What holds in `workspace` before its own .gitignore: the repository's rules above it.

    Empty where no folder above, nor itself, is a repository.
    """
    above = (workspace, *workspace.parents)
    top = next((folder for folder in above if (folder / ".git").exists()), None)
    if top is None:
        return Rules()
    between = list(reversed(above[1 : above.index(top) + 1]))
    prefix = "".join(f"{part}/" for part in workspace.relative_to(top).parts)
    return Rules(prefix, tuple(_outer_layers(top, between)))


def _outer_layers(top: Path, between: list[Path]) -> Iterator[tuple[str, GitIgnoreSpec]]:
    for base, folder, name in (
        ("", top / ".git/info", "exclude"),
        *(("".join(f"{p}/" for p in f.relative_to(top).parts), f, ".gitignore") for f in between),
    ):
        if folder.is_dir():
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                yield base, GitIgnoreSpec.from_lines(_lines(descriptor, name))
            finally:
                os.close(descriptor)


def _lines(folder: int, name: str) -> list[str]:
    """The lines of an ignore file; none where there is none, or it is no regular file."""
    try:
        with open_regular(name, folder) as file:
            data = file.read(_MAX_RULES)
    except OSError:
        return []
    return data.decode("utf-8", "replace").splitlines()
