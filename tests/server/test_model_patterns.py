import pytest

from loom.server.model_patterns import matches


@pytest.mark.parametrize(
    ("pattern", "model", "is_named"),
    [
        ("gpt-6-sol", "gpt-6-sol", True),
        ("openai/gpt-6-sol", "gpt-6-sol", True),
        ("openai/*", "gpt-6-sol", True),
        ("anthropic/*", "gpt-6-sol", False),
        ("gpt-6-sol", "GPT-6-Sol", True),
        ("GPT-6-sol", "gpt-6-sol", True),
        ("gpt-6-sol", " gpt-6-sol\n", True),
        ("gpt-6-sol", "gpt-6-sol-2026-09-22", True),
        ("gpt-6-sol", "gpt-6-sol-20260922", True),
        ("gpt-6-sol", "gpt-6-sol@20260922", True),
        ("gpt-6-sol-2026-09-22", "gpt-6-sol-2026-09-22", True),
        ("gpt-6-sol-2026-09-22", "gpt-6-sol", False),
        ("gpt-6-sol", "gpt-6-sol-pro", False),
        ("gpt-6-sol", "gpt-6-sol-2", False),
        ("gpt-6-*", "gpt-6-sol-pro", True),
        ("*", "", True),
        ("gpt-*", "", False),
    ],
)
def test_a_model_is_named_however_its_name_is_written(
    pattern: str, model: str, *, is_named: bool
) -> None:
    assert matches(pattern, "openai", model) is is_named
