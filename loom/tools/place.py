"""One entry of an open folder, and what may be done there: look, read, replace in one step."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import BinaryIO

from loom.core.errors import InvalidArguments, NotFound, PathOutsideWorkspace, ToolError
from loom.tools.output import clip

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a folder is opened: a symbolic link in its place is an error, never followed."""
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def os_errors(path: str) -> Iterator[None]:
    """Turns what the operating system says of `path` into a ToolError that the model can read."""
    try:
        yield
    except OSError as error:
        raise _tool_error(error, clip(path, 200)) from error


def _tool_error(error: OSError, path: str) -> ToolError:
    if error.errno == errno.ENOENT:
        return NotFound(f"{path} does not exist")
    if error.errno == errno.ENAMETOOLONG:
        return InvalidArguments(f"{path}: the name is too long")
    if error.errno == errno.ELOOP:
        return PathOutsideWorkspace(f"{path} became a symbolic link while it was opened")
    if error.errno == errno.ENOTDIR:
        return ToolError(f"{path}: a part of the path is not a folder")
    return ToolError(f"{path}: {(error.strerror or str(error)).lower()}")


def open_regular(name: str, folder: int) -> BinaryIO:
    """The regular file `name` of an open folder, for reading. Raises OSError for anything else."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    # Opened without blocking and then looked at: before, it could still become a pipe.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return os.fdopen(descriptor, "rb")


@dataclass(frozen=True)
class Place:
    """An entry of an open folder; valid only inside `with locate(…)`.

    Attributes:
        folder: descriptor of the nearest folder that exists.
        name: the entry's name in its folder; `.` is the workspace itself.
        relative: the path from the workspace, links resolved.
        missing: folders to be made between `folder` and `name`.
    """

    folder: int
    name: str
    relative: str
    missing: tuple[str, ...] = ()

    @property
    def is_git_internal(self) -> bool:
        """It is, or lies in, a `.git`, whose hooks and settings run programs outside any rule."""
        return any(part.casefold() == ".git" for part in self.relative.split("/"))

    def status(self) -> os.stat_result | None:
        """What the entry is now, links not followed, or None when there is none."""
        if self.missing:
            return None
        with os_errors(self.relative):
            return _status(self.folder, self.name)

    def file_status(self) -> os.stat_result:
        """The status of the regular file here.

        Raises NotFound (naming what is near), or ToolError for a folder, a pipe or a device.
        """
        status = self.status()
        if status is None:
            raise NotFound(f"there is no file {self.relative}", self._near())
        if stat.S_ISDIR(status.st_mode):
            raise ToolError(f"{self.relative} is a folder", "Use list_files to see what it holds.")
        if not stat.S_ISREG(status.st_mode):
            raise ToolError(f"{self.relative} is not a regular file")
        return status

    def open_file(self) -> BinaryIO:
        """The regular file here, open for reading. Raises as `file_status` does."""
        self.file_status()
        with os_errors(self.relative):
            return open_regular(self.name, self.folder)

    def demand_folder(self) -> None:
        """Raises NotFound (naming what is near) or ToolError when there is no folder here."""
        status = self.status()
        if status is None:
            raise NotFound(f"there is no folder {self.relative}", self._near())
        if not stat.S_ISDIR(status.st_mode):
            raise ToolError(f"{self.relative} is not a folder")

    def replace(self, data: bytes, before: os.stat_result | None) -> None:
        """Put `data` here in one step: readers see the old content or the new, never a part.

        Missing folders are made; mode and owner of `before` are kept. Raises ToolError when the
        entry is no longer what `before` says.
        """
        with os_errors(self.relative), self._made_folder() as folder:
            temporary = f".loom-{secrets.token_hex(8)}.tmp"
            try:
                _write_new(folder, temporary, data, before)
                self._demand_unchanged(folder, before)
                os.rename(temporary, self.name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)
                raise
            os.fsync(folder)

    def _demand_unchanged(self, folder: int, before: os.stat_result | None) -> None:
        if _identity(_status(folder, self.name)) != _identity(before):
            raise ToolError(f"{self.relative} changed while it was being written", "Read it again.")

    @contextmanager
    def _made_folder(self) -> Iterator[int]:
        folder = os.dup(self.folder)
        try:
            for name in self.missing:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=folder)
                deeper = os.open(name, FOLDER, dir_fd=folder)
                os.close(folder)
                folder = deeper
            yield folder
        finally:
            os.close(folder)

    def _near(self) -> str:
        if self.missing:
            return f"There is no folder {self.missing[0]}."
        with os.scandir(self.folder) as entries:
            close = get_close_matches(self.name, [entry.name for entry in entries], n=3)
        return f"Near it: {', '.join(close)}." if close else ""


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _identity(status: os.stat_result | None) -> tuple[int, ...] | None:
    if status is None:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _write_new(folder: int, name: str, data: bytes, before: os.stat_result | None) -> None:
    with os.fdopen(os.open(name, _NEW_FILE, 0o666, dir_fd=folder), "wb") as file:
        file.write(data)
        file.flush()
        if before is not None:
            # Only root may give a file away; for everyone else the owner is the same anyway.
            with suppress(PermissionError):
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
        os.fsync(file.fileno())
