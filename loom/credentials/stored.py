"""Access tokens by server, in the system's keyring where there is one, else in a file.

The file, `credentials.json` beside the settings, says for each server where its token is, so that
a start without one asks no keyring:

    {"https://loom.example": {"token": "lt_…"}, "http://localhost:8080": {"keyring": true}}
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from loom.core.errors import ConfigError
from loom.directories import config_directory
from loom.secrets import Secret

SERVICE = "loom"


def server_key(url: str) -> str:
    """A server's address as tokens are kept by: names in lower case, no slash at the end."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https"):
        return url.strip()
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", ""))


class Credentials:
    """The person's tokens.

    Args:
        environment: says where the file is.

    Every call raises ConfigError when the file is not JSON, or belongs to somebody else.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.path = config_directory(environment) / "credentials.json"

    def get(self, url: str) -> Secret | None:
        """The token for the server at `url`. Raises ConfigError also for a keyring that is shut."""
        entry = self._read().get(server_key(url), {})
        value = _in_keyring(server_key(url)) if entry.get("keyring") else entry.get("token")
        return Secret(value) if isinstance(value, str) and value else None

    def put(self, url: str, token: Secret) -> str:
        """Keeps the token; where, in words."""
        key, is_kept = server_key(url), _is_in_keyring(server_key(url), token)
        entry = {"keyring": True} if is_kept else {"token": token.expose()}
        with self._changing() as entries:
            entries[key] = entry
        return "the system's keyring" if is_kept else str(self.path)

    def remove(self, url: str) -> bool:
        """Forgets the token; False when there was none."""
        key = server_key(url)
        with self._changing() as entries:
            entry = entries.pop(key, None)
        if entry and entry.get("keyring") and (keyring := _keyring()):
            # It may have been taken out by hand.
            with suppress(keyring.errors.KeyringError):
                keyring.delete_password(SERVICE, key)
        return entry is not None

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            self._make_private()
            entries = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"cannot read {self.path}: {error}", "Delete the file and sign in: loom login"
            ) from error
        if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
            raise ConfigError(
                f"{self.path} holds no tokens", "Delete the file and sign in: loom login"
            )
        return entries

    def _make_private(self) -> None:
        status = self.path.stat()
        if status.st_uid != os.getuid():
            raise ConfigError(f"{self.path} belongs to another user", "Move it away.")
        if status.st_mode & 0o077:
            self.path.chmod(0o600)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The entries, to be changed; written whole, one Loom at a time."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise ConfigError(f"cannot keep tokens in {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = self._read()
            yield entries
            self._write(entries)
        finally:
            os.close(lock)

    def _write(self, entries: Mapping[str, Any]) -> None:
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(entries, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise ConfigError(f"cannot keep tokens in {self.path}: {error.strerror}") from error


def _keyring() -> Any:
    """The module, where the extra `loom[keyring]` is installed; else None."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    return keyring


def _in_keyring(key: str) -> str | None:
    keyring = _keyring()
    hint = "Unlock it, or set LOOM_TOKEN, or sign in again: loom logout, loom login"
    if keyring is None:
        raise ConfigError("your token is in the system's keyring; loom[keyring] is missing", hint)
    try:
        value: str | None = keyring.get_password(SERVICE, key)
    except (keyring.errors.KeyringError, RuntimeError) as error:
        raise ConfigError(f"the system's keyring gives no token: {error}", hint) from error
    return value


def _is_in_keyring(key: str, token: Secret) -> bool:
    """The keyring took the token, and gives it back.

    One that is found by itself must be worth more than our own private file: a backend of
    priority below 1 is not recommended (keyring's own rule), such as a file in plain text.
    """
    keyring = _keyring()
    if keyring is None:
        return False
    is_chosen = "PYTHON_KEYRING_BACKEND" in os.environ
    if not is_chosen and keyring.get_keyring().priority < 1:
        return False
    with suppress(keyring.errors.KeyringError, RuntimeError):
        keyring.set_password(SERVICE, key, token.expose())
        return bool(keyring.get_password(SERVICE, key) == token.expose())
    return False
