"""`python -m bench [NAME...]`: measures, prints one table, and fails when a promise is broken."""

import logging
import math
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module

import bench
from bench.row import Row

log = logging.getLogger("bench")

HEADINGS = ("what", "must be", "measured", "holds")
OPTIONS = {"--peers": "LOOM_BENCH_PEERS", "--quick": "LOOM_BENCH_QUICK"}
"""Words among the names, and the variables that say the same."""

HELP = frozenset({"-h", "--help"})


def names() -> list[str]:
    """The modules that measure something."""
    modules = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    return [name for name in modules if name != "__main__" and is_bench(name)]


def is_bench(name: str) -> bool:
    """Whether the module offers `measure`."""
    return hasattr(import_module(f"bench.{name}"), "measure")


def is_long(name: str) -> bool:
    """Whether it takes minutes, so that it runs only when it is named (`IS_LONG`)."""
    return getattr(import_module(f"bench.{name}"), "IS_LONG", False)


def measured(name: str, measure: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The rows of one bench; one that cannot measure is a broken promise, and the rest goes on."""
    try:
        yield from measure()
    except Exception as error:  # the bench's outer edge: the rows so far are still to be seen
        log.exception("%s could not be measured", name)
        yield Row(f"{name} could not be measured", math.inf, 0.0, "", repr(error))


def cells(row: Row, others: Sequence[str]) -> tuple[str, ...]:
    """The row as the table shows it, with the numbers of `others` beside its own."""
    must = f"<= {row.limit:.2f} {row.unit}" if row.is_promise else ""
    holds = ("yes" if row.holds else "NO") if row.is_promise else ""
    beside = (row.beside.get(other, "") for other in others)
    return row.name, must, f"{row.measured:.2f} {row.unit}", holds, *beside, row.detail


def table(rows: Iterable[Row]) -> str:
    """The rows in aligned columns."""
    rows = tuple(rows)
    others = tuple(dict.fromkeys(other for row in rows for other in row.beside))
    lines = [(*HEADINGS, *others, "medians"), *(cells(row, others) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def help_of(known: Iterable[str]) -> str:
    """Every bench with its own first line."""
    lines = [f"  {name:<12} {(_doc(name) or '').splitlines()[0]}" for name in known]
    options = f"[{'] ['.join(OPTIONS)}]"
    return "\n".join([f"python -m bench {options} [NAME...]", "", *lines])


def _doc(name: str) -> str | None:
    return import_module(f"bench.{name}").__doc__


def main(wanted: Sequence[str]) -> int:
    """Measures and prints; returns 1 when a row does not hold, 2 for a name that is no bench."""
    known = names()
    if HELP & set(wanted):
        print(help_of(known))
        return 0
    for option in OPTIONS.keys() & set(wanted):
        os.environ[OPTIONS[option]] = "1"
    wanted = [name for name in wanted if name not in OPTIONS]
    if unknown := [name for name in wanted if name not in known]:
        print(f"no bench called {unknown[0]}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in wanted or [name for name in known if not is_long(name)]:
        print(f"measuring {name} ...", file=sys.stderr)
        rows += measured(name, import_module(f"bench.{name}").measure)
    print(table(rows))
    return int(not all(row.holds for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
