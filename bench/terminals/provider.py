"""A provider that streams the bench's text on three wires. Prints its port."""

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.terminals import request as asked
from bench.terminals.text import CODE, tokens
from bench.terminals.wires import Anthropic, Call, Chat, Responses, Wire

WIRES: dict[str, type[Anthropic] | type[Chat] | type[Responses]] = {
    "/v1/messages": Anthropic,
    "/v1/chat/completions": Chat,
    "/v1/responses": Responses,
}
CALLS = itertools.count(1)
HEADERS = {"content-type": "text/event-stream", "cache-control": "no-cache"}
SOURCE = CODE["python"] * 250
"""A file of 1,750 lines."""
LIMIT = 256 * 1024 * 1024


async def answer(request: web.Request) -> web.StreamResponse:
    """Streams what the request's marker says, whatever else it holds."""
    body: dict[str, Any] = await request.json()
    wanted = asked.read(request.path, body)
    wire: Wire = WIRES[request.path](str(body.get("model", "bench")))
    if isinstance(wire, Anthropic) and not body.get("stream"):
        return web.json_response(wire.whole("".join(pieces(wanted, None))))
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    await response.write(wire.start())
    call = call_of(wanted)
    async for piece in paced(pieces(wanted, call), wanted.answer.rate):
        await response.write(wire.token(piece))
    if call:
        await response.write(wire.call(call))
    await response.write(wire.end())
    await response.write_eof()
    return response


def call_of(wanted: asked.Request) -> Call | None:
    """The tool call that the answer ends with, unless all results are already there."""
    line, shell = wanted.answer.tool, wanted.shell
    if wanted.answered < wanted.answer.writes:
        path = f"part{wanted.answered}.py"
        return Call(f"toolu_{next(CALLS)}", "write_file", {"path": path, "content": SOURCE})
    if not line or not shell or wanted.answered:
        return None
    key = "cmd" if shell == "exec_command" else "command"
    return Call(f"toolu_{next(CALLS)}", shell, {key: line})


def pieces(wanted: asked.Request, call: Call | None) -> Sequence[str]:
    """The text: a word before a call, else all of it and the end's marker."""
    if call:
        return ("I ", "run ", "it", ".")
    answer = wanted.answer
    end = ("\n\n", f"END-OF-ANSWER-{answer.marker}", "\n") if answer.marker else ()
    return (*tokens(answer.tokens), *end)


async def paced(texts: Sequence[str], rate: float) -> AsyncIterator[str]:
    """The pieces when they are due, counted from the first: a late one delays no other."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, piece in enumerate(texts):
        if rate and (left := began + number / rate - loop.time()) > 0:
            await asyncio.sleep(left)
        yield piece


async def count(request: web.Request) -> web.Response:
    """Anthropic's count of a prompt's tokens."""
    return web.json_response({"input_tokens": 1000})


async def models(request: web.Request) -> web.Response:
    """One model."""
    model = {"id": "bench", "object": "model", "type": "model", "created": 1, "owned_by": "bench"}
    listed = [{**model, "display_name": "bench"}]
    return web.json_response({"object": "list", "data": listed, "has_more": False})


async def nothing(request: web.Request) -> web.Response:
    """Whatever else agents ask for when they start."""
    return web.json_response({"error": {"type": "not_found_error", "message": "none"}}, status=404)


async def main() -> None:
    app = web.Application(client_max_size=LIMIT)
    for path in WIRES:
        app.router.add_post(path, answer)
    app.router.add_post("/v1/messages/count_tokens", count)
    app.router.add_get("/v1/models", models)
    app.router.add_route("*", "/{rest:.*}", nothing)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
