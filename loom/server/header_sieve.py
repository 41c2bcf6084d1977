"""Which headers pass from one side of the proxy to the other."""

from collections.abc import Collection

from multidict import MultiMapping

MAX_NAMES = 256
"""Names whose verdict is remembered: requests have the same few, and a hostile one any number."""


class HeaderSieve(dict[str, bool]):
    """Says of a header's name whether it passes, and remembers that.

    Args:
        kept_back: names in lower case.
        prefixes: what begins like one of these does not pass either.
    """

    def __init__(self, kept_back: Collection[str] = (), *prefixes: str) -> None:
        super().__init__()
        self._kept_back = frozenset(kept_back)
        self._prefixes = prefixes

    def __missing__(self, name: str) -> bool:
        lowered = name.lower()
        passes = lowered not in self._kept_back and not lowered.startswith(self._prefixes)
        if len(self) < MAX_NAMES:
            self[name] = passes
        return passes

    def passed(self, headers: MultiMapping[str]) -> list[tuple[str, str]]:
        """Those of `headers` that pass; what their `Connection` names is meant for one hop."""
        named = _named_by_connection(headers)
        return [
            (name, value)
            for name, value in headers.items()
            if self[name] and not (named and name.lower() in named)
        ]

    def lines(self, headers: MultiMapping[str]) -> list[str]:
        """The same as a head's lines."""
        if "Connection" in headers:
            return [f"{name}: {value}" for name, value in self.passed(headers)]
        return [f"{name}: {value}" for name, value in headers.items() if self[name]]


def _named_by_connection(headers: MultiMapping[str]) -> frozenset[str]:
    """Header names that `Connection` declares as meant for one hop (RFC 9110 §7.6.1)."""
    if "Connection" not in headers:
        return frozenset()
    values = ",".join(headers.getall("Connection")).lower()
    return frozenset(name.strip() for name in values.split(","))
