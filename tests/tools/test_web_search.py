import dataclasses
from dataclasses import dataclass, field

import pytest

from loom.core.errors import InvalidArguments, ToolError
from loom.tools.base import Answer, SearchHit, ToolContext, parse_arguments
from loom.tools.web_search import WebSearch

HITS = (
    SearchHit("Loom", "https://a.example/", "Weaving\n with threads.", rank=1),
    SearchHit("Shuttle", "https://b.example/", rank=2),
)


@dataclass
class Engine:
    """A search engine that knows HITS."""

    hits: tuple[SearchHit, ...] = HITS
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def search(self, query: str, max_results: int) -> tuple[SearchHit, ...]:
        self.asked.append((query, max_results))
        return self.hits


async def look(context: ToolContext, engine: Engine, **arguments: object) -> Answer:
    tool = WebSearch()
    changed = dataclasses.replace(context, search=engine.search)
    return await tool.run(parse_arguments(tool, {"query": "loom"} | arguments), changed)


async def test_hits_are_listed_with_address_and_excerpt(context: ToolContext) -> None:
    answer = await look(context, Engine())
    assert answer.text == (
        "1. Loom\n   https://a.example/\n   Weaving with threads.\n\n"
        "2. Shuttle\n   https://b.example/"
    )
    assert answer.display is not None
    assert (answer.display.kind, answer.display.summary) == ("listing", "2 results for loom")


async def test_query_is_tidied_and_five_results_are_usual(context: ToolContext) -> None:
    engine = Engine()
    await look(context, engine, query="  big \n loom ")
    assert engine.asked == [("big loom", 5)]


async def test_no_more_than_was_asked_for(context: ToolContext) -> None:
    answer = await look(context, Engine(), max_results=1)
    assert "Shuttle" not in answer.text


async def test_nothing_found_is_said(context: ToolContext) -> None:
    assert (await look(context, Engine(()))).text == "Nothing was found for: loom"


@pytest.mark.parametrize("given", [{"query": "  "}, {"query": "a\ud800"}])
async def test_query_that_is_none_is_refused(
    context: ToolContext, given: dict[str, object]
) -> None:
    with pytest.raises(InvalidArguments):
        await look(context, Engine(), **given)


@pytest.mark.parametrize("given", [{"max_results": 0}, {"max_results": 11}, {"query": ""}])
def test_bounds_are_part_of_the_schema(given: dict[str, object]) -> None:
    with pytest.raises(InvalidArguments):
        parse_arguments(WebSearch(), {"query": "loom"} | given)


async def test_engines_refusal_passes_to_the_model(context: ToolContext) -> None:
    tool = WebSearch()
    with pytest.raises(ToolError, match="no web in this test"):
        await tool.run(parse_arguments(tool, {"query": "loom"}), context)


def test_query_leaves_the_machine(context: ToolContext) -> None:
    tool = WebSearch()
    access = tool.access(parse_arguments(tool, {"query": "loom"}), context)
    assert (access.kind, access.targets) == ("network", ("loom",))
