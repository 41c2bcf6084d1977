"""Linux: a command in namespaces of its own, by `bwrap`.

The order of mounts matters: a later one lies on top. First the whole system read-only, then what
hides, then what is opened within, then what hides or protects inside of that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")

_ISOLATION = (
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--die-with-parent",
    # Without a session of its own, TIOCSTI would type into the person's terminal.
    "--new-session",
)

# Mount points of the sandbox, not files that would be made: S108 does not apply.
_TMP = "/tmp"  # noqa: S108
_VAR_TMP = "/var/tmp"  # noqa: S108

_POINTLESS_INSIDE = (
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_HOST",
    "GPG_AGENT_INFO",
    "SSH_AUTH_SOCK",
    "TEMP",
    "TMP",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
)

_GIT_PROTECTED = ("config", "config.worktree", "hooks")


@dataclass(frozen=True)
class Bubblewrap:
    """The workspace and `/tmp` can be written, the rest only read, credentials not even that.

    Processes outside cannot be seen, and all that was started inside ends with the command.

    Attributes:
        program: path of `bwrap`.
        privileges: arguments that depend on who runs it, as `find_sandbox` found them to work.
        masked: files, folders and sockets that are hidden; those missing are looked for each time.
        writable: further folders that may be written, such as a package manager's cache.
        shown: folders that are shown, read-only, though they lie in `/tmp`.
        has_network: whether the network can be reached. If so, TCP on this machine and abstract
            Unix sockets can be reached too.
    """

    program: str
    privileges: tuple[str, ...] = ()
    masked: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    has_network: bool = False

    @property
    def is_confining(self) -> bool:
        """Always."""
        return True

    @property
    def statement(self) -> str:
        """What is confined, for people."""
        network = "the network is open" if self.has_network else "without network"
        return (
            "Commands run in bubblewrap: they write only to the workspace and a private /tmp, "
            f"cannot see credentials or other processes, {network}."
        )

    @property
    def brief(self) -> str:
        """What a command may touch."""
        network = "network open" if self.has_network else "no network"
        return f"sandboxed: writes only to the workspace and its own /tmp, {network}"

    def wrap(
        self,
        command: Sequence[str],
        workspace: Path,
        cwd: Path,
        environment: Mapping[str, str],
        scratch: Path | None = None,
    ) -> list[str]:
        """See Sandbox. The root folder is never made writable, though it be the workspace."""
        opened = [path for path in (workspace, *self.writable) if _is_bindable(path)]
        masks = [path for path in _existing(self.masked) if path not in opened]
        inner = [path for path in masks if _is_under_any(path, opened)]
        outer = [path for path in masks if path not in inner and self._is_seen(path)]
        return [
            self.program,
            *_SYSTEM,
            *_temporary(scratch),
            *_bind("--ro-bind", self.shown),
            *_hide(outer),
            *_bind("--bind", opened),
            *_bind("--ro-bind", [scratch] if scratch is not None else []),
            *_hide(inner),
            *_protect_git(workspace),
            *_seal((*outer, *inner)),
            *_ISOLATION,
            *self.privileges,
            *(() if self.has_network else ("--unshare-net",)),
            *_unset(name for name in _POINTLESS_INSIDE if name in environment),
            "--chdir",
            str(cwd),
            "--",
            *command,
        ]

    def _is_seen(self, path: Path) -> bool:
        """It would be seen if it were not masked."""
        is_temporary = _is_under_any(path, (Path(_TMP), Path(_VAR_TMP)))
        return not is_temporary or _is_under_any(path, self.shown)


def _is_bindable(path: Path) -> bool:
    return path != Path("/") and path.is_dir()


def _is_under_any(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _existing(paths: Iterable[Path]) -> list[Path]:
    """Those that exist, links followed, folders before what they hold."""
    found = set()
    for path in paths:
        # What this user cannot even look at, the command cannot either.
        with suppress(OSError, RuntimeError):
            found.add(path.resolve(strict=True))
    return sorted(found - {Path("/")})


def _temporary(scratch: Path | None) -> Iterator[str]:
    if scratch is None:
        yield from ("--perms", "1777", "--tmpfs", _TMP)
    else:
        own = scratch / "tmp"
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield from ("--bind", str(own), _TMP)
    yield from ("--perms", "1777", "--tmpfs", _VAR_TMP)


def _bind(how: str, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from (how, str(path), str(path))


def _hide(masks: Iterable[Path]) -> Iterator[str]:
    for mask in masks:
        if mask.is_dir():
            yield from ("--tmpfs", str(mask))
        else:
            # The device, not an empty file: reading gives nothing instead of an error, which
            # programs that only look for their settings take better.
            yield from ("--dev-bind", "/dev/null", str(mask))


def _seal(masks: Iterable[Path]) -> Iterator[str]:
    """Refuse writes that would vanish; only possible once all is mounted that lies within."""
    for mask in masks:
        if mask.is_dir():
            yield from ("--remount-ro", str(mask))


def _protect_git(workspace: Path) -> Iterator[str]:
    """Keep hooks and settings, which run programs outside of the sandbox, as they are.

    `.git` itself is made a mount so that it cannot be renamed and another put in its place.
    """
    git = workspace / ".git"
    if git.is_symlink() or not git.exists():
        return
    yield from _bind("--bind" if git.is_dir() else "--ro-bind", [git])
    if not git.is_dir():
        return
    guarded = [git / name for name in _GIT_PROTECTED]
    yield from _bind("--ro-bind", [path for path in guarded if path.exists()])
    if not (git / "hooks").exists():
        yield from ("--tmpfs", str(git / "hooks"), "--remount-ro", str(git / "hooks"))


def _unset(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from ("--unsetenv", name)
