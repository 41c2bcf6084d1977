"""A layer of settings, and what many of them say together.

A higher layer's value replaces a lower one's; tables are merged, arrays replaced. Permission rules
alone are gathered from every layer: no layer can take away another's `deny`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

DEFAULT = "default"
GATHERED = "permissions.rules"


class Layer(Struct, frozen=True):
    """What one source says: nested tables of plain values. `name` is shown to people."""

    name: str
    values: Mapping[str, Any]


class Merged(Struct, frozen=True):
    """The union of layers; `origins` names the deciding layer of every dotted key."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)


def merge(layers: Iterable[Layer]) -> Merged:
    """The layers as one, lowest first."""
    merged = Merged()
    for layer in layers:
        for key, value in flatten(layer.values):
            _put(merged, key, value, layer.name)
    return merged


def flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values of nested tables; an empty table yields nothing."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def nest(tree: dict[str, Any], key: str, value: Any) -> None:
    """Puts a value under a dotted key, making the tables on the way."""
    *tables, name = key.split(".")
    for table in tables:
        tree = tree.setdefault(table, {})
    tree[name] = value


def _put(merged: Merged, key: str, value: Any, name: str) -> None:
    if key == GATHERED:
        known = merged.values.get("permissions", {}).get("rules", [])
        value = [*known, *(rule for rule in value if rule not in known)]
        name = f"{merged.origins[key]}, {name}" if key in merged.origins else name
    nest(merged.values, key, value)
    merged.origins[key] = name
