from datetime import UTC, datetime
from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.core.messages import Usage
from loom.server.config import PROVIDER_DEFAULTS
from loom.server.spending.price_files import read_prices

TABLE = read_prices()


def ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


NOW = ms("2026-11-28")


@pytest.mark.parametrize("provider", PROVIDER_DEFAULTS)
def test_every_default_model_has_a_price(provider: str) -> None:
    assert TABLE.price(provider, PROVIDER_DEFAULTS[provider].model, NOW) is not None


def test_each_class_of_tokens_has_its_own_price() -> None:
    usage = Usage(1_000_000, 1_000_000, 1_000_000, 2_000_000, 1_000_000)
    cost = TABLE.cost("anthropic", "claude-sonnet-5-5-20260928", usage, NOW)
    # 2 in, 10 out, 0.10 read, 2.50 written for 5 minutes, 4 for an hour.
    assert cost == 18_600_000_000


def test_a_single_token_costs_what_it_costs() -> None:
    assert TABLE.cost("openai", "gpt-6-luna", Usage(1, 1, 1), NOW) == 100 + 500 + 10


def test_an_answer_is_priced_by_its_day() -> None:
    read = Usage(cache_read_tokens=1000)
    before = TABLE.cost("anthropic", "claude-sonnet-5-5", read, ms("2026-10-06"))
    after = TABLE.cost("anthropic", "claude-sonnet-5-5", read, ms("2026-10-07"))
    assert (before, after) == (200_000, 100_000)


def test_a_long_request_costs_more_as_a_whole() -> None:
    assert TABLE.cost("openai", "gpt-6.1-sol", Usage(272_000, 10), NOW) == 272_000 * 2000 + 100_000
    assert TABLE.cost("openai", "gpt-6.1-sol", Usage(272_001, 10), NOW) == 272_001 * 4000 + 150_000


def test_a_model_without_a_price_has_no_cost() -> None:
    assert TABLE.cost("openai", "llama-local", Usage(1, 1), NOW) is None
    assert TABLE.cost("openai", "claude-sonnet-5-5", Usage(1, 1), NOW) is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-6-sol-pro"),
        ("openai", "gpt-6.1-sol-cyber"),
        ("openai", "gpt-5-mini-pro"),
        ("anthropic", "claude-opus-5-5-fast"),
        ("anthropic", "claude-sonnet-4-9"),
        ("vertex", "gemini-3.8-flash-cyber"),
        ("vertex", "gemini-2.5-pro-preview-tts"),
        ("vertex", "claude-sonnet-5-5-max"),
    ],
)
def test_a_variant_has_not_the_price_of_its_namesake(provider: str, model: str) -> None:
    assert TABLE.price(provider, model, NOW) is None


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-sonnet-4-20250514"),
        ("anthropic", "claude-sonnet-4-5-20250929"),
        ("anthropic", "claude-opus-4-8"),
        ("openai", "gpt-6-astra-2026-09-03"),
        ("vertex", "gemini-2.5-pro-001"),
        ("vertex", "claude-sonnet-5-5@20260928"),
    ],
)
def test_a_snapshot_has_the_price_of_its_model(provider: str, model: str) -> None:
    assert TABLE.price(provider, model, NOW) is not None


def test_a_price_holds_from_its_day_on() -> None:
    assert TABLE.cost("anthropic", "claude-haiku-5-5", Usage(1), ms("2026-10-06")) is None


def test_the_operators_rows_win_and_ours_go_on(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        '[[price]]\nprovider = "openai"\nmodels = ["llama*", "gpt-6.1-sol"]\n'
        "input = 0\noutput = 1\n"
    )
    table = read_prices(own)
    assert table.cost("openai", "llama-local", Usage(5, 1), NOW) == 1000
    assert table.cost("openai", "gpt-6.1-sol", Usage(5, 1), NOW) == 1000
    assert table.cost("openai", "gpt-6-luna", Usage(1), NOW) == 100


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('provider = "openai"\nmodels = ["x"]\ninput = -1\noutput = 1', "between 0"),
        ('provider = "openai"\nmodels = ["x"]\ninput = "1"\noutput = 1', "not a number"),
        ('provider = "openai"\nmodels = ["x"]\ninput = nan\noutput = 1', "not a number"),
        ('provider = "openai"\nmodels = ["x"]\noutput = 1', "input"),
        ('provider = "openai"\nmodels = []\ninput = 1\noutput = 1', "models"),
        ('models = ["x"]\ninput = 1\noutput = 1', "provider"),
        ('provider = "openai"\nmodels = ["x"]\ninptu = 1\noutput = 1', "known are"),
        ('provider = "openai"\nmodels = ["x"]\ninput = 1\noutput = 1\nfrom = "soon"', "day"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, said: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(f"[[price]]\n{row}\n")
    with pytest.raises(ConfigError, match="price 1") as error:
        read_prices(own)
    assert said in error.value.message


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('names = ["x"]', "provider"),
        ('provider = "openai"', "names"),
        ('provider = "openai"\nnames = ["x"]\ntimes = "2"', "times is not a number"),
        ('provider = "openai"\nnames = ["x"]\nusd = -1', "between 0"),
        ('provider = "openai"\nnames = ["x"]\ninput = 1', "known are"),
    ],
)
def test_a_wrong_row_of_an_extra_is_named(tmp_path: Path, row: str, said: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(f"[[extra]]\n{row}\n")
    with pytest.raises(ConfigError, match="extra 1") as error:
        read_prices(own)
    assert said in error.value.message


def test_the_operators_extras_win_and_have_days_and_models(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        '[[extra]]\nprovider = "anthropic"\nnames = ["brand_new", "speed=fast"]\n'
        'models = ["claude-*"]\nfrom = "2026-11-01"\ntimes = 3\nusd = 0.5\n'
    )
    extras = read_prices(own).extras
    found = extras.find("anthropic", "claude-opus-5-5", "speed=fast", NOW)
    assert found is not None
    assert (found.times, found.each_nano) == (3000, 500_000_000)
    assert extras.find("anthropic", "claude-opus-5-5", "speed=fast", ms("2026-10-31")) is None
    assert extras.find("anthropic", "other", "brand_new", NOW) is None
    assert extras.find("anthropic", "any", "inference_geo=us", NOW) is not None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="prices"):
        read_prices(tmp_path / "none.toml")


def test_names_from_outside_do_not_fill_the_memory() -> None:
    table = read_prices()
    for number in range(3000):
        table.price("openai", f"m{number}", NOW)
        table.extras.find("openai", "gpt", f"tool{number}", NOW)
    assert len(table._found) <= 1000
    assert len(table.extras._found) <= 1000
