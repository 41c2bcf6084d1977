"""The matrix: every route × every kind of principal, with the expected answer of each cell.

`specs/matrix.md` holds it; `--write` proposes rows for routes that are new and drops those of
routes that are gone, and keeps what is written (`--anew` proposes every row).
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from loom.secrets import Secret
from loom.server.app import make_app
from loom.server.config import server_config
from loom.server.routing import ROUTES, Route
from tests.server.matrix_cases import CASES, KINDS, case_of, name_of, proposed
from tests.server.matrix_scene import MAKERS, NAME

PAGE = Path(__file__).parents[2] / "specs" / "matrix.md"
COMMAND = ".venv/bin/python -m tests.server.matrix --write"
SIGNS = {"ok": "✓"}

Matrix = dict[str, dict[str, str]]


def routes(app: web.Application | None = None) -> Mapping[str, Route]:
    """Every route of a team's server, by name, in the order of the table."""
    config = replace(server_config({"HOME": "/nonexistent"}), token=Secret("0" * 64))
    named = {name_of(route): route for route in (app or make_app(config))[ROUTES].values()}
    return dict(sorted(named.items(), key=lambda item: item[0].split()[::-1]))


def kept() -> Matrix:
    """The page's table."""
    rows = re.findall(r"^\| `(\w+ \S+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    answers = {sign: answer for answer, sign in SIGNS.items()}
    return {
        name: dict(zip(KINDS, [answers.get(c, c) for c in cells.split(" | ")], strict=True))
        for name, cells in rows
    }


def missing(table: Matrix) -> list[str]:
    """What keeps the table from being whole, and what to do."""
    known = routes()
    lines = [f"{name} has no row in specs/matrix.md" for name in known if name not in table]
    lines += [f"{name} is in specs/matrix.md, and no route" for name in table if name not in known]
    lines += [f"{name} is in CASES, and no route" for name in CASES if name not in known]
    for name, route in known.items():
        asked = {*NAME.findall(name)} - {*case_of(route).names, *MAKERS}
        lines += [f"{name}: MAKERS in matrix_scene.py has no {{{each}}}" for each in asked]
    hint = f"Give it a Case in tests/server/matrix_cases.py if it needs one, then run: {COMMAND}"
    return [*lines, hint] if lines else []


def write(is_anew: bool) -> None:
    """Puts the proposal into the page."""
    table = {} if is_anew else kept()
    rows = {name: table.get(name) or proposed(route) for name, route in routes().items()}
    head = PAGE.read_text().partition("\n| route |")[0]
    PAGE.write_text(f"{head}\n{_table(rows)}\n")
    print(f"{len(rows)} routes × {len(KINDS)} kinds: {len(rows) * len(KINDS)} cells")


def _table(rows: Matrix) -> str:
    lines = ["| route | " + " | ".join(KINDS) + " |", "|---" * (len(KINDS) + 1) + "|"]
    for name, row in rows.items():
        cells = [SIGNS.get(row[kind], row[kind]) for kind in KINDS]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def is_let_through(route: Route, status: int) -> bool:
    """The answer came from behind the door."""
    return status < 400 or status in case_of(route).passes


if __name__ == "__main__" and "--write" in sys.argv:
    write("--anew" in sys.argv)
