import pytest

from loom.core.errors import ConfigError
from loom.core.protocol import Decide, PermissionAsked
from loom.plain.questions import answer

ASKED = PermissionAsked(call_id="c", tool="bash", rules=("allow bash(ls)", "allow bash(ls *)"))


def replies(*lines: str):
    rest = list(lines)

    async def ask(prompt: str) -> str | None:
        return rest.pop(0) if rest else None

    return ask


@pytest.mark.parametrize(("line", "allow"), [("1", True), ("y", True), ("3", False), ("No", False)])
async def test_a_number_or_a_letter_answers(line: str, allow: bool) -> None:
    assert await answer(ASKED, line, replies()) == Decide("c", allow=allow)


async def test_always_asks_for_the_rule_and_its_scope() -> None:
    decision = await answer(ASKED, "2", replies("2", "3"))
    assert decision == Decide("c", allow=True, scope="user", rule="allow bash(ls *)")


async def test_a_rule_of_ones_own_can_be_written() -> None:
    decision = await answer(ASKED, "2", replies("allow bash(make *)", "1"))
    assert decision == Decide("c", allow=True, scope="session", rule="allow bash(make *)")


async def test_a_rule_that_denies_is_refused() -> None:
    with pytest.raises(ConfigError):
        await answer(ASKED, "2", replies("deny bash(make *)", "1"))


async def test_a_denial_carries_the_reason() -> None:
    decision = await answer(ASKED, "4", replies(" use rg "))
    assert decision == Decide("c", allow=False, feedback="use rg")


async def test_an_empty_line_turns_back() -> None:
    assert await answer(ASKED, "2", replies("")) is None
