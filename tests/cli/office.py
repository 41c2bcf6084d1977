"""A team's server and its people, who type commands."""

import json
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom.server import users
from loom.server.auth import login_sessions
from loom.server.auth.login_sessions import Origin

if TYPE_CHECKING:
    from tests.cli.conftest import Loom

Done = subprocess.CompletedProcess[str]


class Office:
    """A running server and people who are signed in at it."""

    def __init__(self, url: str, database: Path, loom: "Loom") -> None:
        self.url = url
        self._database = database
        self._loom = loom
        self.tokens: dict[str, str] = {}
        self.sign_up("root")

    def sign_up(self, name: str) -> None:
        now = time.time_ns() // 1_000_000
        with closing(sqlite3.connect(self._database, timeout=10)) as connection, connection:
            user = users.create(connection, name, f"{name}@example.com", now)
            _, token = login_sessions.create(connection, user.id, "cli", now, Origin())
        self.tokens[name] = token.expose()

    def run(self, who: str, *words: str) -> Done:
        """`loom WORDS`, typed by somebody, whatever comes of it."""
        token = self.tokens.get(who, who)
        return self._loom(*words, LOOM_SERVER_URL=self.url, LOOM_TOKEN=token)

    def did(self, who: str, *words: str) -> str:
        """What it printed; it went well."""
        done = self.run(who, *words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def told(self, who: str, *words: str) -> Any:
        """What it printed as JSON."""
        return json.loads(self.did(who, *words, "--json"))
