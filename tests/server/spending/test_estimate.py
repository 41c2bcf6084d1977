from typing import Any

import pytest

from loom.server.asked import Asked
from loom.server.spending.estimate import most
from loom.server.spending.ledger import Spender
from loom.server.spending.price_files import read_prices
from tests.server.spending.test_prices import NOW

TABLE = read_prices()
DOLLARS = 10**9


def estimated(model: str = "claude-sonnet-5-5", provider: str = "anthropic", **asked: Any) -> int:
    """What is kept back for a request, in nano-dollars."""
    nano, unknown = told(model, provider, **asked)
    assert nano is not None, unknown
    return nano


def told(model: str, provider: str = "anthropic", **asked: Any) -> tuple[int | None, str]:
    spender = Spender("o", "u", "", provider, model)
    price = TABLE.price(provider, model, NOW)
    estimate = most(TABLE, price, spender, Asked(model, **asked), NOW)
    return estimate.nano, estimate.unknown


# Of claude-sonnet-5-5: 2.50 dollars for a million tokens that are cached, 10 for the answer.
def test_a_token_is_at_least_a_byte() -> None:
    assert estimated(max_tokens=100, size=9_000) == 10_000 * 2_500 + 100 * 10_000
    assert estimated(max_tokens=100, size=9_000, is_long_lived=True) == 10_000 * 4_000 + 1_000_000


def test_no_more_is_read_than_the_model_can() -> None:
    assert estimated(max_tokens=0, size=50_000_000) == 2.5 * DOLLARS


def test_without_a_limit_every_answer_is_the_longest() -> None:
    assert estimated(size=0, count=3) == 1_000 * 2_500 + 3 * 128_000 * 10_000


def test_what_its_bytes_do_not_tell_is_all_that_the_model_can_read() -> None:
    assert estimated(max_tokens=0, size=100, is_open=True) == 2.5 * DOLLARS


def test_each_use_of_a_providers_tool_reads_all_again_and_costs_its_price() -> None:
    asked = {"max_tokens": 0, "size": 100, "extras": ("web_search",), "uses": 4}
    assert estimated(**asked) == 5 * 2.5 * DOLLARS + 4 * 0.01 * DOLLARS


@pytest.mark.parametrize(
    ("model", "extra", "percent"),
    [
        ("claude-opus-5-5", "speed=fast", 200),
        ("claude-opus-5-5", "inference_geo=us", 110),
        ("gpt-6.1-sol", "service_tier=fast", 200),
        ("gpt-6.1-sol", "service_tier=ultrafast", 600),
        # It may be served at the usual price all the same.
        ("gpt-6.1-sol", "service_tier=flex", 100),
    ],
)
def test_a_dearer_way_of_serving_is_kept_back_in_full(model: str, extra: str, percent: int) -> None:
    provider = "openai" if model.startswith("gpt") else "anthropic"
    plain = estimated(model, provider, max_tokens=1_000, size=1_000)
    asked = {"max_tokens": 1_000, "size": 1_000, "extras": (extra,)}
    assert estimated(model, provider, **asked) == plain * percent // 100


def test_ways_of_serving_multiply() -> None:
    both = ("speed=fast", "inference_geo=us")
    plain = estimated("claude-opus-5-5", max_tokens=9, size=9)
    assert estimated("claude-opus-5-5", max_tokens=9, size=9, extras=both) == plain * 22 // 10


@pytest.mark.parametrize(
    ("model", "asked", "unknown"),
    [
        ("claude-9", {}, "anthropic/claude-9"),
        ("claude-sonnet-5-5", {"extras": ("speed=fast",)}, "speed=fast with anthropic/"),
        ("claude-opus-5-5", {"extras": ("code_execution",), "uses": 1}, "code_execution"),
        ("claude-opus-5-5", {"extras": ("web_search",), "uses": None}, "no limit to their uses"),
        ("claude-opus-5-5", {"extras": ("brand_new",)}, "brand_new"),
    ],
)
def test_what_nobody_knows_the_price_of_is_named(
    model: str, asked: dict[str, Any], unknown: str
) -> None:
    nano, text = told(model, **asked)
    assert nano is None
    assert unknown in text
