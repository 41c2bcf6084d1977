"""On which terms an answer was given, and what it cost on them."""

from collections.abc import Iterator

from msgspec import Struct

from loom.core.messages import Usage
from loom.server.spending.extras import Extra, multiplied
from loom.server.spending.prices import Price, PriceTable


class Terms(Struct, frozen=True):
    """What the provider told beside tokens.

    Attributes:
        service_tier, speed, inference_geo: empty where they are the usual ones.
        searches: of the web, by the provider.
        has_drawn: a tool of the provider's used tokens of a model for pictures.
        rounds: what the answer took in all, where other models had a part in it or tokens are not
            in its sum: (model, usage); an empty model is the answer's.
        is_unknown: more was told, in a form that Loom does not know.
    """

    service_tier: str = ""
    speed: str = ""
    inference_geo: str = ""
    searches: int = 0
    has_drawn: bool = False
    rounds: tuple[tuple[str, Usage], ...] = ()
    is_unknown: bool = False

    @property
    def names(self) -> Iterator[str]:
        """The rows of prices that multiply."""
        for name in ("service_tier", "speed", "inference_geo"):
            if value := getattr(self, name):
                yield f"{name}={value}"

    @property
    def tools(self) -> Iterator[tuple[str, int]]:
        """The rows of prices of each use, and how many there were."""
        if self.searches:
            yield "web_search", self.searches
        if self.has_drawn:
            yield "image_generation", 1


USUAL_TERMS = Terms()


def cost_on(
    terms: Terms, prices: PriceTable, price: Price, whose: tuple[str, str], usage: Usage, at: int
) -> int | None:
    """What an answer cost, in nano-dollars; None when nobody knows.

    Args:
        whose: the provider and the model that answered.
    """
    rows = [prices.extras.find(*whose, name, at) for name in terms.names]
    uses = [(prices.extras.find(*whose, name, at), count) for name, count in terms.tools]
    rounds = _rounds(terms, prices, price, whose[0], at)
    known = [row for row in rows if row is not None]
    if terms.is_unknown or rounds is None or len(known) < len(rows):
        return None
    nano = multiplied(max(price.cost(usage), rounds), known)
    return _added(nano, uses)


def _rounds(terms: Terms, prices: PriceTable, price: Price, provider: str, at: int) -> int | None:
    nano = 0
    for model, usage in terms.rounds:
        own = prices.price(provider, model, at) if model else price
        if own is None:
            return None
        nano += own.cost(usage)
    return nano


def _added(nano: int, uses: list[tuple[Extra | None, int]]) -> int | None:
    for row, count in uses:
        if row is None:
            return None
        nano += row.each_nano * count
    return nano
