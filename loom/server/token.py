"""The one token that guards a server until accounts exist.

A token that nobody set is generated and kept in a file that only its owner can read, so that it
survives a restart and the operator can copy it to a client.
"""

import os
import secrets
from dataclasses import replace
from pathlib import Path

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.config import ServerConfig, checked


def new_token() -> Secret:
    """A fresh token of 256 bits; its `lt_` lets the redactor know it by its shape."""
    return Secret(f"lt_{secrets.token_urlsafe(32)}")


def with_token(config: ServerConfig) -> ServerConfig:
    """`config` with a token: its own, the kept one, or a new one that is kept from now on.

    Raises:
        ConfigError: the token's file cannot be written, or others can read it, or the token in it
            is too weak for the host.
    """
    if config.token is not None:
        return config
    return checked(replace(config, token=_kept_token(config.token_path)))


def _kept_token(path: Path) -> Secret:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return _create(path)
        except FileExistsError:
            return _read(path)
    except OSError as error:
        raise ConfigError(f"cannot keep the server's token in {path}: {error.strerror}") from error


def _create(path: Path) -> Secret:
    # Written whole under another name and linked into place: of two servers that start at once,
    # one makes the file and neither ever reads half of it.
    token = new_token()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(token.expose() + "\n")
        os.link(draft, path)
    finally:
        draft.unlink()
    return token


def _read(path: Path) -> Secret:
    status = path.stat()
    if status.st_mode & 0o077 or status.st_uid != os.getuid():
        raise ConfigError(
            f"others can read the server's token in {path}",
            "Delete the file to have a new token generated, or run chmod 600 on it.",
        )
    token = path.read_text().strip()
    if not token:
        raise ConfigError(f"{path} is empty", "Delete the file to have a new token generated.")
    return Secret(token)
