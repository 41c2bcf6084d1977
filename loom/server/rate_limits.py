"""How often somebody may try: token buckets in bounded memory, for every door that takes guesses.

What nobody can guess (256 random bits) is looked up first, and only what is wrong is counted:
whoever holds it never meets a limit that others have used up. What can be guessed is counted before
it is looked up, by who tries, and given back when it was right.
"""

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

MOST_BUCKETS = 50_000
"""The least recently used is forgotten first, and with it what it had counted."""


class Rate(NamedTuple):
    """`burst` at once, and one more every `every` seconds."""

    name: str
    burst: int
    every: float


class Verdict(NamedTuple):
    """`wait`: seconds until it may be tried again, 0.0 for now; `is_first` of a row of refusals."""

    wait: float
    is_first: bool = False


class _Bucket(NamedTuple):
    tokens: float
    at: float
    is_refusing: bool = False


class RateLimits:
    """Counts by rate and key.

    Args:
        clock: Unix milliseconds.
    """

    def __init__(self, clock: Callable[[], int], most: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def take(self, rate: Rate, key: str) -> Verdict:
        """Counts one try, unless it has to wait."""
        name, now = (rate.name, key), self._clock() / 1000
        before = self._buckets.get(name, _Bucket(rate.burst, now))
        refilled = before.tokens + max(0.0, now - before.at) / rate.every
        tokens = min(float(rate.burst), refilled)
        is_refused = tokens < 1
        self._buckets[name] = _Bucket(tokens if is_refused else tokens - 1, now, is_refused)
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if not is_refused:
            return Verdict(0.0)
        return Verdict((1 - tokens) * rate.every, not before.is_refusing)

    def give_back(self, rate: Rate, key: str) -> None:
        """The last try was right, and does not count."""
        if (before := self._buckets.get((rate.name, key))) is not None:
            tokens = min(float(rate.burst), before.tokens + 1)
            self._buckets[rate.name, key] = before._replace(tokens=tokens)

    def __len__(self) -> int:
        return len(self._buckets)


def client_key(address: str | None) -> str:
    """Whom an address counts as: itself, or the /64 that IPv6 gives to one customer."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)
