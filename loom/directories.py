"""Where this user's files live: the XDG base directories, each with `loom` below.

Nothing here creates a folder. Source: XDG Base Directory Specification 0.8.
"""

import os
import pwd
import tempfile
from collections.abc import Mapping
from pathlib import Path

_SOCKET_PATH = 103
"""Bytes of a Unix socket's path that every system takes."""

_SOCKET_NAME = len("/server-4194304-00112233.sock")


def config_directory(environment: Mapping[str, str]) -> Path:
    """Settings a person writes: `~/.config/loom`."""
    return _directory(environment, "XDG_CONFIG_HOME", ".config")


def data_directory(environment: Mapping[str, str]) -> Path:
    """What must not be lost, the threads: `~/.local/share/loom`."""
    return _directory(environment, "XDG_DATA_HOME", ".local/share")


def state_directory(environment: Mapping[str, str]) -> Path:
    """What is kept between runs (logs, history, trust): `~/.local/state/loom`."""
    return _directory(environment, "XDG_STATE_HOME", ".local/state")


def cache_directory(environment: Mapping[str, str]) -> Path:
    """What may be deleted at any time: `~/.cache/loom`."""
    return _directory(environment, "XDG_CACHE_HOME", ".cache")


def runtime_directory(environment: Mapping[str, str]) -> Path:
    """Sockets of running programs: `$XDG_RUNTIME_DIR/loom`, else one per user among temporaries.

    Whoever makes it makes it 0700 and checks its owner: in the temporary folder another user may
    have come first. Where a socket's whole path would be too long for the system, the next place
    is taken, at last `/tmp`.
    """
    own = f"loom-{os.getuid()}"
    given = environment.get("XDG_RUNTIME_DIR", "")
    places = [Path(given) / "loom"] if given.startswith("/") else []
    places.append(Path(environment.get("TMPDIR") or tempfile.gettempdir()) / own)
    last = Path("/tmp") / own  # noqa: S108  # its maker checks the owner and the mode
    return next((place for place in places if _fits_sockets(place)), last)


def daemon_directory(environment: Mapping[str, str]) -> Path:
    """Where the user's daemon is found: `runtime_directory` without `$XDG_RUNTIME_DIR`.

    logind removes that folder when the person's last login ends, which the daemon outlives, and
    gives a new login an empty one.
    """
    return runtime_directory({**environment, "XDG_RUNTIME_DIR": ""})


def _fits_sockets(directory: Path) -> bool:
    return len(os.fsencode(directory)) + _SOCKET_NAME <= _SOCKET_PATH


def home_directory(environment: Mapping[str, str]) -> Path:
    """`$HOME`; where that is unset, empty or relative, the account's home folder.

    Raises ConfigError where there is neither, as for a container's user that has no account.
    """
    home = environment.get("HOME", "")
    if home.startswith("/"):
        return Path(home)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        # Errors come with msgspec, for which those who only ask for a path need not wait.
        from loom.core.errors import ConfigError

        raise ConfigError(f"user {os.getuid()} has no home folder", "Set HOME.") from None


def _directory(environment: Mapping[str, str], variable: str, fallback: str) -> Path:
    # The specification says to ignore a relative path.
    given = environment.get(variable, "")
    base = Path(given) if given.startswith("/") else home_directory(environment) / fallback
    return base / "loom"
