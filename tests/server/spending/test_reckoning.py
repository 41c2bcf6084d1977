import pytest

from loom.core.messages import Usage
from loom.server.asked import Asked
from loom.server.spending.reckoning import TOKENS_PER_SECOND, is_reckonable, reckoned

ASKED = Asked("m", size=3_000)


def test_what_was_told_of_the_input_counts_and_else_its_bytes() -> None:
    told = Usage(10, 1, 500, 20, 5)
    assert reckoned(told, ASKED, 0, 16, 0) == told
    assert reckoned(Usage(), ASKED, 0, 16, 0) == Usage(1_001)
    # Nothing but output was told.
    assert reckoned(Usage(0, 7), ASKED, 0, 16, 0) == Usage(1_001, 7)


@pytest.mark.parametrize(
    ("told", "size", "seconds", "made"),
    [
        (Usage(10, 1), 1_600, 0, 100),
        (Usage(10, 300), 1_600, 0, 300),
        # Thinking that is not shown.
        (Usage(10, 1), 1_600, 20, 20 * TOKENS_PER_SECOND),
    ],
)
def test_the_most_of_what_was_told_seen_and_possible_counts(
    told: Usage, size: int, seconds: float, made: int
) -> None:
    assert reckoned(told, ASKED, size, 16, seconds).output_tokens == made


def test_no_more_is_reckoned_than_was_asked_for_unless_it_was_told() -> None:
    short = Asked("m", max_tokens=100, count=2)
    assert reckoned(Usage(), short, 0, 16, 3600).output_tokens == 200
    assert reckoned(Usage(1, 300), short, 0, 16, 3600).output_tokens == 300


def test_several_answers_are_made_beside_each_other() -> None:
    many = Asked("m", count=4)
    assert reckoned(Usage(), many, 0, 16, 10).output_tokens == 40 * TOKENS_PER_SECOND


@pytest.mark.parametrize(
    ("told", "asked", "is_so"),
    [
        (Usage(), Asked("m"), True),
        (Usage(), Asked("m", is_open=True), False),
        (Usage(10), Asked("m", is_open=True), True),
        (Usage(10), Asked("m", uses=2), False),
    ],
)
def test_what_bytes_do_not_tell_is_not_reckoned_from_them(
    told: Usage, asked: Asked, *, is_so: bool
) -> None:
    assert is_reckonable(told, asked) is is_so
