import json
from typing import Any

import pytest

from loom.core.messages import Usage
from loom.server.spending.terms import USUAL_TERMS, Terms
from loom.server.usage_told import Told, told_after

TOKENS = {"input_tokens": 10, "output_tokens": 2}


def told(*answers: dict[str, Any]) -> Told:
    known = Told()
    for answer in answers:
        known = told_after(known, json.dumps(answer).encode())
    return known


def used(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "usage": {**TOKENS, **fields}}


USUAL = {
    "nothing said": used(),
    "Anthropic's words": used(service_tier="standard", speed="standard", inference_geo="global"),
    "nobody knows where": used(inference_geo="not_available"),
    "OpenAI's words": {**used(), "service_tier": "default"},
    "nothing": {**used(service_tier=None, iterations=None), "tool_usage": None},
    "rounds of one model": used(iterations=[{"type": "message", **TOKENS}] * 2),
}


@pytest.mark.parametrize("answer", USUAL.values(), ids=USUAL.keys())
def test_the_usual_terms_are_the_usual_ones(answer: dict[str, Any]) -> None:
    assert told(answer) == Told("m", Usage(10, 2), USUAL_TERMS)


TERMS = {
    "Anthropic's tier": (used(service_tier="priority"), Terms(service_tier="priority")),
    "OpenAI's tier": ({**used(), "service_tier": "fast"}, Terms(service_tier="fast")),
    "within a response": (
        {"response": {**used(), "service_tier": "flex"}},
        Terms(service_tier="flex"),
    ),
    "a speed": (used(speed="fast"), Terms(speed="fast")),
    "a place": (used(inference_geo="us"), Terms(inference_geo="us")),
    "searches": (used(server_tool_use={"web_search_requests": 3}), Terms(searches=3)),
    "OpenAI's searches": (
        {"response": {**used(), "tool_usage": {"web_search": {"num_requests": 2}}}},
        Terms(searches=2),
    ),
    "a picture": (
        {"response": {**used(), "tool_usage": {"image_gen": {"total_tokens": 9}}}},
        Terms(has_drawn=True),
    ),
    "another model": (
        used(iterations=[{"type": "message", **TOKENS}, {"type": "advisor_message", "model": "d"}]),
        Terms(rounds=(("", Usage(10, 2)), ("d", Usage()))),
    ),
    "a form that is new": (used(service_tier={"name": "priority"}), Terms(is_unknown=True)),
}


@pytest.mark.parametrize(("answer", "terms"), TERMS.values(), ids=TERMS.keys())
def test_terms_that_cost_otherwise_are_known(answer: dict[str, Any], terms: Terms) -> None:
    assert told(answer) == Told("m", Usage(10, 2), terms)


def test_the_last_terms_count_and_what_is_not_said_again_stays() -> None:
    first = {"message": used(service_tier="priority", speed="fast")}
    last = {"usage": {"output_tokens": 7, "server_tool_use": {"web_search_requests": 1}}}
    assert told(first, last).terms == Terms("priority", "fast", searches=1)
    assert told(first, used(speed="standard")).terms == Terms("priority")


def test_a_cache_for_twelve_hours_is_dearer() -> None:
    details = {"cache_write_tokens": 8, "cache_write_tokens_details": {"ttl_12h_tokens": 5}}
    answer = told(used(input_tokens_details=details))
    assert answer.usage == Usage(2, 2, 0, 8, 5)
