"""`GET /api/usage`: what was used, and what it cost."""

from typing import Literal

from msgspec import Struct

UsageBy = Literal["user", "org", "key", "model", "day"]


class UsageQuery(Struct, frozen=True):
    """The query's parameters.

    `by`: of user, org, key, model, day, parted by commas. `since`, `until`: days such as
    2026-11-28, both counted in; by default the last 30 days. `org`: one organization's, by id;
    else one's own usage, or for an admin of the server everybody's with `scope=all`.
    """

    by: str = "day,model"
    since: str = ""
    until: str = ""
    org: str = ""
    scope: Literal["mine", "org", "all"] = "mine"


class UsageRow(Struct, frozen=True, omit_defaults=True):
    """A sum of requests with the same `key`: day, model, … as asked.

    `names` tells the ids in `key` in words. `input_tokens` is without those from or to a cache.
    `unpriced` requests have a cost that nobody knows and that is in no sum; `cost_usd` is None when
    that is so of all. `estimated` ones were cut short, so that some of their tokens are reckoned.
    """

    key: dict[str, str]
    names: dict[str, str] = {}
    requests: int = 0
    failures: int = 0
    unpriced: int = 0
    estimated: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float | None = None


class UsageReport(Struct, frozen=True):
    """What was used from day `since` to day `until`. `prices_as_of`: when prices were looked up."""

    by: tuple[str, ...]
    since: str
    until: str
    prices_as_of: str
    rows: tuple[UsageRow, ...] = ()
