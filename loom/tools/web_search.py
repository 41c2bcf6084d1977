"""web_search: results of a search engine, through the server, which holds its key."""

from typing import Annotated

from msgspec import Meta, Struct

from loom.core.errors import InvalidArguments
from loom.core.messages import Display
from loom.core.permissions import Access
from loom.tools.base import Answer, SearchHit, ToolContext
from loom.tools.output import clip, one_line
from loom.tools.text_file import refuse_half_characters

_MAX_SNIPPET = 500


class WebSearchArguments(Struct, forbid_unknown_fields=True):
    """Arguments of web_search."""

    query: Annotated[str, Meta(min_length=1, max_length=2_000, description="What to look for.")]
    max_results: Annotated[int, Meta(ge=1, le=10, description="How many results.")] = 5


class WebSearch:
    """Titles, addresses and snippets; it fetches no page."""

    name = "web_search"
    description = """\
Search the web. Gives titles, addresses and short excerpts, not the pages. Use it for what the \
repository and your own knowledge do not answer: current versions, error messages, documentation."""
    arguments: type[Struct] = WebSearchArguments
    is_read_only = True
    is_mutating = False

    def summary(self, arguments: WebSearchArguments) -> str:
        """`search the web for textual line api`."""
        return one_line(f"search the web for {arguments.query}")

    def access(self, arguments: WebSearchArguments, context: ToolContext) -> Access:
        """The query leaves the machine."""
        return Access(self.name, "network", (one_line(arguments.query, 500),))

    async def preview(self, arguments: WebSearchArguments, context: ToolContext) -> Display:
        """The whole query."""
        return Display("text", self.summary(arguments), arguments.query)

    async def run(self, arguments: WebSearchArguments, context: ToolContext) -> Answer:
        """Raises InvalidArguments for an empty query, ToolError for what the engine refuses."""
        refuse_half_characters("query", arguments.query)
        query = " ".join(arguments.query.split())
        if not query:
            raise InvalidArguments("query is empty")
        hits = (await context.search(query, arguments.max_results))[: arguments.max_results]
        text = "\n\n".join(_entry(rank, hit) for rank, hit in enumerate(hits, 1))
        found = f"{len(hits)} results" if len(hits) != 1 else "1 result"
        body = text or f"Nothing was found for: {query}"
        return Answer(body, display=Display("listing", f"{found} for {one_line(query, 80)}", body))


def _entry(rank: int, hit: SearchHit) -> str:
    lines = (one_line(hit.title, 300), hit.url, clip(" ".join(hit.snippet.split()), _MAX_SNIPPET))
    return f"{rank}. " + "\n   ".join(line for line in lines if line)
