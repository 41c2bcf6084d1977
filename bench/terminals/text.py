"""The text that every contestant gets: the same markdown of one length, in token-sized pieces."""

import random
import re
from collections.abc import Iterator
from functools import lru_cache

PROSE = (
    "a thread keeps every event in order so that the client which comes back can draw its view "
    "again without asking the model while tools run under rules that name the paths commands and "
    "hosts they may touch and the server alone holds the keys of its providers"
)
WORDS = PROSE.split()

CODE = {
    "python": (
        "def entries(root: Path, depth: int = 0) -> Iterator[Entry]:\n"
        "    for child in sorted(root.iterdir()):\n"
        "        yield Entry(child.name, child.stat().st_size, depth)\n"
        "        if child.is_dir():\n"
        "            yield from entries(child, depth + 1)\n\n"
        "print(json.dumps({'ok': True, 'count': 42}))\n"
    ),
    "rust": (
        "fn main() -> Result<(), Box<dyn Error>> {\n    let mut total: u64 = 0;\n"
        "    for line in io::stdin().lock().lines() {\n        total += line?.len() as u64;\n"
        '    }\n    println!("{total}");\n    Ok(())\n}\n'
    ),
    "json": (
        '{\n  "name": "bench",\n  "threads": [1, 2, 3],\n  "nested": {"a": null, "b": 1.5e3}\n}\n'
    ),
    "bash": (
        "set -euo pipefail\nfor file in src/*.py; do\n  wc -l \"$file\" | awk '{print $1}'\ndone\n"
    ),
}

PIECES = re.compile(r"\n+|[ ]*[^\s]{1,7}|[ ]+")


@lru_cache(maxsize=64)
def tokens(count: int, seed: int = 7) -> tuple[str, ...]:
    """`count` pieces of about 4 characters; joined they are headings, lists, tables, fenced code.

    A fence that the cut leaves open is closed by one more piece.
    """
    chance = random.Random(seed)
    pieces: list[str] = []
    for section in sections(chance):
        pieces += PIECES.findall(section)
        if len(pieces) >= count:
            break
    cut = pieces[:count]
    is_open = "".join(cut).count("```") % 2 == 1
    return (*cut, "\n```\n") if is_open else tuple(cut)


def markdown(size: int, seed: int) -> str:
    """About `size` characters of the same kind of text, ended at a section."""
    text = ""
    for section in sections(random.Random(seed)):
        text += section
        if len(text) >= size:
            return text
    return text


def sections(chance: random.Random) -> Iterator[str]:
    """Endlessly: heading, two paragraphs, a list, code, and every third time a table."""
    number = 0
    while True:
        number += 1
        yield f"## Section {number}: {words(chance, 4)}\n\n"
        yield paragraph(chance) + paragraph(chance)
        yield "".join(f"- item {item}: {words(chance, 8)}\n" for item in range(4)) + "\n"
        language = list(CODE)[number % len(CODE)]
        yield f"```{language}\n{CODE[language]}```\n\n"
        if number % 3 == 0:
            yield table(chance)


def words(chance: random.Random, count: int) -> str:
    """Some of the words."""
    return " ".join(chance.choices(WORDS, k=count))


def paragraph(chance: random.Random) -> str:
    """A sentence of some fifty words with one in bold and one as code."""
    chosen = chance.choices(WORDS, k=chance.randint(35, 60))
    third, half = len(chosen) // 3, len(chosen) // 2
    chosen[third], chosen[half] = f"**{chosen[third]}**", f"`{chosen[half]}`"
    return " ".join(chosen).capitalize() + ".\n\n"


def table(chance: random.Random) -> str:
    """Three columns, four rows."""
    rows = (f"| k{row} | {chance.randint(1, 9999)} | {words(chance, 3)} |\n" for row in range(4))
    return "| key | value | note |\n|---|---|---|\n" + "".join(rows) + "\n"
