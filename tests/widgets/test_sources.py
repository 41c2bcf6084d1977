import pytest

from loom.widgets.completion import Choice
from loom.widgets.sources import Sources, Trigger, completed, trigger_in


@pytest.mark.parametrize(
    ("before", "trigger"),
    [
        ("see @ca", Trigger("@", "ca", 4)),
        ("@", Trigger("@", "", 0)),
        ("#par", Trigger("#", "par", 0)),
        ("/mo", Trigger("/", "mo", 0)),
        ("a /mo", None),
        ("/usr/bin", None),
        ("ann@home", None),
        ("plain", None),
    ],
)
def test_words_that_can_be_completed(before: str, trigger: Trigger | None) -> None:
    assert trigger_in(before, is_first_line=True) == trigger


def test_a_command_stands_on_the_first_line_only() -> None:
    assert trigger_in("/mo", is_first_line=False) is None


@pytest.mark.parametrize(
    ("value", "text"), [("a.py", "@a.py "), ("src/", "@src/"), ("a b", '@"a b" ')]
)
def test_completed_files(value: str, text: str) -> None:
    assert completed("@", value) == text


async def test_without_a_completer_there_is_nothing_to_choose() -> None:
    assert [rows async for rows in Sources().rows(Trigger("@", "", 0))] == []


async def test_rows_are_ranked() -> None:
    sources = Sources(commands=[Choice("compact"), Choice("mode")])
    (rows,) = [rows async for rows in sources.rows(Trigger("/", "mo", 0))]
    assert [row.choice.value for row in rows] == ["mode"]
