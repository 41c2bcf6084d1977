"""Claude Code and Codex as people install them, pointed at the bench's provider.

npm installs them once, into a cache folder (`LOOM_BENCH_CACHE`); where it cannot, they are left
out of the table. Their first-run dialogs are answered beforehand by the files they would write.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.terminals.contestants import KEY, Contestant

PACKAGES = {
    "Claude Code": ("@anthropic-ai/claude-code@2.1.197", "claude"),
    "Codex": ("@openai/codex@0.169.0", "codex"),
}
TIMEOUT = 600.0
QUIET = {
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
CODEX_CONFIG = """\
model = "bench"
model_provider = "bench"
check_for_update_on_startup = false
approval_policy = "never"
sandbox_mode = "read-only"

[model_providers.bench]
name = "bench"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
env_key = "BENCH_API_KEY"

[analytics]
enabled = false

[projects."{work}"]
trust_level = "trusted"
"""


def install() -> dict[str, Path]:
    """The programs that are there or could be installed, by name."""
    default = Path.home() / ".cache/loom-bench"
    folder = Path(os.environ.get("LOOM_BENCH_CACHE", default))
    found = {name: program for name in PACKAGES if (program := installed(name, folder))}
    for name in PACKAGES.keys() - found.keys():
        print(f"{name} is not measured: it could not be installed", file=sys.stderr)
    return found


def installed(name: str, folder: Path) -> Path | None:
    """The program's path, after npm put it there where it was missing."""
    package, command = PACKAGES[name]
    place = folder / package.rpartition("@")[0].replace("/", "+")
    program = place / "node_modules/.bin" / command
    npm = shutil.which("npm")
    if program.exists() or npm is None:
        return program if program.exists() else None
    options = ("--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(place))
    try:
        subprocess.run([npm, "install", *options, package], check=True, timeout=TIMEOUT)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{name}: {error}", file=sys.stderr)
    return program if program.exists() else None


def contestants(port: int, programs: dict[str, Path]) -> Iterator[Contestant]:
    """Those of `programs` that are known, ready to be started."""
    if program := programs.get("Claude Code"):
        yield claude_code(port, program)
    if program := programs.get("Codex"):
        yield codex(port, program)


def claude_code(port: int, program: Path) -> Contestant:
    """Anthropic's wire; the key counts as approved, the folder as trusted."""
    url = f"http://127.0.0.1:{port}"
    environment = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY, **QUIET}
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    settings = {
        "hasCompletedOnboarding": True,
        "lastOnboardingVersion": "2.1.197",
        "theme": "dark",
        "autoUpdates": False,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {"{work}": trusted},
    }
    return Contestant(
        "Claude Code",
        (str(program),),
        r"^[│ ]*[>❯]",
        environment,
        {".claude.json": json.dumps(settings)},
        dialogs=(("Yes, I trust", "\r"), ("Do you want to use this API key", "\x1b[A\r")),
        pause=0.25,
    )


def codex(port: int, program: Path) -> Contestant:
    """OpenAI's responses wire, from a provider of its configuration."""
    return Contestant(
        "Codex",
        (str(program),),
        r"^[▌ ]*›",
        {"BENCH_API_KEY": KEY},
        {".codex/config.toml": CODEX_CONFIG.replace("{port}", str(port))},
        dialogs=(("Yes, continue", "\r"),),
        pause=0.25,
    )
