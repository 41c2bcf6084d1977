"""What a flow says has changed is what still must be painted."""

from loom.markup.ink import Inks
from loom.markup.render import Renderer
from loom.widgets.transcript.flow import Change, Flow
from loom.widgets.transcript.item import Page
from loom.widgets.transcript.talk import PersonItem


def flow_of(*texts: str) -> Flow:
    flow = Flow()
    flow.turn(Page(40, Renderer(Inks({})), 0.0, "·"))
    for text in texts:
        flow.append(PersonItem(text))
    return flow


def test_item_that_was_painted_in_part_is_still_new():
    flow = flow_of("one", "two")
    flow.measure(0)
    list(flow.strips(1, 1, None))  # another reason to paint came before the frame
    assert flow.measure(1) == Change(1, 3, 0)
    assert flow.measure(1) == Change(3, 3, 0)


def test_growth_found_while_painting_is_told_with_the_next_frame():
    flow = flow_of("word " * 7 + "averyverylongwordthatneedsalineofitsown")
    guessed = flow.height
    list(flow.strips(0, 1, None))
    change = flow.measure(0)
    assert (change.first, change.last) == (0, flow.height)
    assert change.growth == flow.height - guessed != 0
