"""The team whose server is measured: an organization with a budget, and an API key of its own.

So a request is paid for as everybody's are: signed in, priced, held against the budget, noted in
usage and audit.
"""

import time
from pathlib import Path

from loom.api.keys import NewApiKey
from loom.api.orgs import NewOrg
from loom.db import migrations_in, prepare
from loom.server import orgs, users
from loom.server.auth import service_keys
from loom.server.database import MIGRATIONS
from loom.server.identifiers import new_id
from loom.server.spending import budgets
from loom.server.spending.budgets import Budget
from loom.server.spending.prices import NANO

LIMIT_USD = 1_000_000
PRICES = """
[[price]]
provider = "anthropic"
models = ["bench-*", "claude-bench"]
input = 3
output = 15
"""


def prices(home: Path) -> Path:
    """A price table that knows the bench's models: what has no price, a hard budget refuses."""
    path = home / "prices.toml"
    path.write_text(PRICES)
    return path


def api_key(database: Path) -> str:
    """Makes the team in a database that no server has opened yet; the key's secret."""
    now_ms = time.time_ns() // 1_000_000
    connection = prepare(database, migrations_in(MIGRATIONS))
    try:
        user = users.create(connection, "Bench", "bench@example.com", now_ms)
        org = orgs.create(connection, NewOrg("Bench", "the-bench"), user.id, now_ms)
        asked = NewApiKey("bench", scopes=("llm:use",))
        _, key = service_keys.create(connection, org.id, asked, user.id, now_ms)
        limit = LIMIT_USD * NANO
        budget = Budget(new_id(now_ms), org.id, "all", "", "*", "month", True, limit)
        budgets.put(connection, budget, user.id, now_ms)
        return key.expose()
    finally:
        connection.close()
