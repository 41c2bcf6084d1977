"""Every number Loom promises, measured beside its floor in the same run.

A module of this package with `measure() -> Iterable[Row]` is run by `python -m bench` (all) or
`python -m bench NAME...`. Runs of Loom and of its floor alternate, so that other load on the
machine falls on both; the medians are compared.
"""

from bench.row import Row

__all__ = ["Row"]
