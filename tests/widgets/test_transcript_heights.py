"""Heights: the same answers as adding up."""

from hypothesis import given
from hypothesis import strategies as st

from loom.widgets.transcript.heights import Heights

numbers = st.lists(st.integers(0, 20), max_size=60)


@given(numbers)
def test_tops_are_sums(heights):
    stacked = Heights(heights)
    assert [stacked.top(at) for at in range(len(heights) + 1)] == [
        sum(heights[:at]) for at in range(len(heights) + 1)
    ]


@given(numbers.filter(any), st.data())
def test_the_item_found_holds_the_line(heights, data):
    stacked = Heights(heights)
    line = data.draw(st.integers(0, sum(heights) - 1))
    at = stacked.find(line)
    assert stacked.top(at) <= line < stacked.top(at + 1)


@given(numbers.filter(bool), st.data())
def test_a_change_moves_what_follows(heights, data):
    stacked = Heights(heights)
    at = data.draw(st.integers(0, len(heights) - 1))
    grown = stacked.set(at, 99)
    assert grown == 99 - heights[at]
    assert stacked.total == sum(heights) + grown


@given(numbers, st.integers(0, 60), numbers)
def test_cut_and_continued_is_as_built_at_once(heights, keep, more):
    stacked = Heights(heights)
    stacked.truncate(min(keep, len(heights)))
    for height in more:
        stacked.append(height)
    assert stacked.total == sum(heights[:keep]) + sum(more)


def test_a_line_outside_finds_the_nearest_item():
    stacked = Heights([2, 3])
    assert (stacked.find(-1), stacked.find(99)) == (0, 1)
