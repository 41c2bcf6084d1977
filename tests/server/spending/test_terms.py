import pytest

from loom.core.messages import Usage
from loom.server.spending.price_files import read_prices
from loom.server.spending.terms import Terms, cost_on
from tests.server.spending.test_prices import NOW

TABLE = read_prices()
USAGE = Usage(1_000, 100)


def cost(terms: Terms, model: str = "claude-opus-5-5", usage: Usage = USAGE) -> int | None:
    provider = "anthropic" if model.startswith("claude") else "openai"
    price = TABLE.price(provider, model, NOW)
    assert price is not None
    return cost_on(terms, TABLE, price, (provider, model), usage, NOW)


# 1,000 tokens at 4 dollars a million and 100 at 20.
PLAIN = 1_000 * 4_000 + 100 * 20_000


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (Terms(), PLAIN),
        (Terms(speed="fast"), PLAIN * 2),
        (Terms(speed="fast", inference_geo="us"), PLAIN * 22 // 10),
        (Terms(service_tier="priority"), PLAIN),
        (Terms(searches=3), PLAIN + 30_000_000),
        (Terms(speed="fast", searches=1), PLAIN * 2 + 10_000_000),
    ],
)
def test_an_answer_costs_what_its_terms_say(terms: Terms, expected: int) -> None:
    assert cost(terms) == expected


@pytest.mark.parametrize(
    "terms",
    [
        Terms(service_tier="brand_new"),
        Terms(has_drawn=True),
        Terms(is_unknown=True),
        Terms(rounds=(("unheard-of", Usage(1, 1)),)),
    ],
)
def test_terms_without_a_price_cost_nobody_knows_what(terms: Terms) -> None:
    assert cost(terms) is None


def test_what_other_models_took_is_charged_at_their_price() -> None:
    advice = Usage(500, 50)
    rounds = (("", USAGE), ("claude-fable-5-1", advice))
    assert cost(Terms(rounds=rounds)) == PLAIN + 500 * 10_000 + 50 * 50_000
    # An answer's own sum may be larger than its rounds.
    assert cost(Terms(rounds=rounds[1:])) == max(PLAIN, 500 * 10_000 + 50 * 50_000)


def test_a_fraction_of_the_smallest_unit_is_charged_as_one() -> None:
    assert cost(Terms(service_tier="priority"), "gpt-5-mini", Usage(1)) == 450
    assert cost(Terms(service_tier="flex"), "gpt-5-mini", Usage(1)) == 125
    assert cost(Terms(inference_geo="us"), "claude-haiku-5-5", Usage(0, 0, 1)) == 11
