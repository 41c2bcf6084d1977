"""Git metadata of a workspace; everything is optional, and no failure is ever an error.

Source: catalogue §5.1.
"""

import asyncio
import re
from pathlib import Path

from msgspec import Struct

GIT = ("git", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")
"""How Loom starts git: no program that a repository's own configuration names is run."""

PATIENCE = 5.0
"""Seconds after which a git that does not answer, say on a dead network file system, is left."""


class GitState(Struct, frozen=True):
    """Where a workspace stands; empty strings where git does not say."""

    branch: str = ""
    commit: str = ""
    remote: str = ""


async def git_state(workspace: Path) -> GitState:
    """Branch (empty when detached), HEAD's hash, and the normalised remote."""
    if not _is_repository(workspace):
        return GitState()
    branch, commit, remote = await asyncio.gather(
        _git(workspace, "symbolic-ref", "--short", "-q", "HEAD"),
        _git(workspace, "rev-parse", "-q", "--verify", "HEAD"),
        _git(workspace, "config", "--get", "remote.origin.url"),
    )
    return GitState(branch, commit, normalised(remote))


def _is_repository(workspace: Path) -> bool:
    try:
        return any((folder / ".git").exists() for folder in (workspace, *workspace.parents))
    except OSError:  # a folder above that may not be searched
        return False


async def _git(workspace: Path, *arguments: str) -> str:
    try:
        child = await asyncio.create_subprocess_exec(
            *GIT,
            *arguments,
            cwd=workspace,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(PATIENCE):
            output, _ = await child.communicate()
    except TimeoutError:
        return ""
    finally:
        if child.returncode is None:
            child.kill()
    return output.decode(errors="replace").strip() if child.returncode == 0 else ""


def normalised(remote: str) -> str:
    """A remote as `host/path`, without scheme, user, port or `.git`."""
    match = re.fullmatch(
        r"(?:[a-z+]+://)?(?:[^@/]+@)?([^:/]+)(?::\d+(?=/))?[:/](.+?)(?:\.git)?/?", remote
    )
    return f"{match[1]}/{match[2].lstrip('/')}" if match else ""
