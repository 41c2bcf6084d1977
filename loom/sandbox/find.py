"""Which sandbox works on this machine, found out by trying it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import loom
from loom.sandbox.base import NoSandbox, Sandbox
from loom.sandbox.bubblewrap import Bubblewrap
from loom.sandbox.credentials import credential_paths

_PROBE_SECONDS = 10
# Places to look at, not files that would be made: S108 does not apply.
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108

_ROOT_PRIVILEGES = (
    # Enough for root's own work on files of other users, such as a mounted workspace; nothing by
    # which a mount could be undone or a file be opened by its handle.
    (
        "--cap-drop",
        "ALL",
        "--cap-add",
        "CAP_CHOWN",
        "--cap-add",
        "CAP_DAC_OVERRIDE",
        "--cap-add",
        "CAP_FOWNER",
    ),
    ("--unshare-user", "--cap-drop", "ALL"),
)
_USER_PRIVILEGES = (("--unshare-user",), ())


def find_sandbox(
    home: Path,
    masked: Sequence[Path] = (),
    *,
    environment: Mapping[str, str],
    has_network: bool = False,
    writable: Sequence[Path] = (),
) -> Sandbox:
    """The tightest sandbox that really works here: `true` is run in it. Takes some 10 ms.

    Args:
        home: whose credentials are hidden.
        masked: what else is hidden: the server's socket folder, the database, key files.
        environment: Loom's own, before it is cleaned for children: where its folders and key
            files are, and the PATH on which programs are looked for.
        writable: further folders that commands may write.
    """
    if sys.platform != "linux":
        return _unconfined("bubblewrap exists only on Linux", "", environment)
    program = shutil.which("bwrap", path=environment.get("PATH"))
    if program is None:
        return _unconfined("bubblewrap is not installed", "Install bubblewrap.", environment)
    hidden = (*masked, *credential_paths(home, environment))
    complaint = ""
    for privileges in _ROOT_PRIVILEGES if os.getuid() == 0 else _USER_PRIVILEGES:
        sandbox = Bubblewrap(
            program, privileges, hidden, tuple(writable), _loom_in_temporary(), has_network
        )
        complaint = _complaint(sandbox, environment)
        if not complaint:
            return sandbox
    return _unconfined(f"bubblewrap does not work here ({complaint})", _ADVICE, environment)


_ADVICE = "Allow unprivileged user namespaces, or run Loom where they are allowed."


def _loom_in_temporary() -> tuple[Path, ...]:
    """Where Loom and its Python are, if that is in the `/tmp` that commands do not see.

    Loom's own workers run in the sandbox too.
    """
    own = {Path(loom.__file__).parent.parent, Path(sys.prefix), Path(sys.base_prefix)}
    temporary = (Path(tempfile.gettempdir()), *map(Path, _TEMPORARY))
    return tuple(sorted(path for path in own if any(map(path.is_relative_to, temporary))))


def _complaint(sandbox: Bubblewrap, environment: Mapping[str, str]) -> str:
    """What went wrong when `true` was run in it; empty when it worked."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder).resolve()
        argv = sandbox.wrap(["true"], workspace, workspace, environment)
        return _failure(argv, environment)


def _failure(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    path = {"PATH": environment.get("PATH", os.defpath)}
    try:
        done = subprocess.run(
            argv, env=path, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _unconfined(cause: str, advice: str, environment: Mapping[str, str]) -> NoSandbox:
    statement = (
        f"Commands are not confined: {cause}. They can read and change whatever you can. {advice}"
    )
    return NoSandbox(statement.rstrip(), _life_line(environment))


def _life_line(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What starts a command so that it dies with us, where the real `setpriv` is."""
    program = shutil.which("setpriv", path=environment.get("PATH"))
    if program is None:
        return ()
    prefix = (program, "--pdeathsig", "KILL", "--")
    return () if _failure([*prefix, "true"], environment) else prefix
