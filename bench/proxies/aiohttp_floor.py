"""The floor of a proxy on aiohttp: it takes a request for one of its providers, sends it on with
four headers of its own, and hands the bytes back.

`python aiohttp_floor.py UPSTREAM`; prints its port.
"""

import asyncio
import sys

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

HEADERS = {
    "content-type": "application/json",
    "x-api-key": "key",
    "anthropic-version": "2023-06-01",
    "authorization": "Bearer key",
}
SSE = {"content-type": "text/event-stream", "cache-control": "no-cache"}
SESSION = web.AppKey("session", ClientSession)
UPSTREAMS = web.AppKey("upstreams", dict[str, str])


async def messages(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    async with request.app[SESSION].post(
        request.app[UPSTREAMS][request.match_info["provider"]], data=body, headers=HEADERS
    ) as answer:
        if answer.content_length is not None:
            data = await answer.read()
            return web.Response(body=data, status=answer.status, content_type="application/json")
        out = web.StreamResponse(headers=SSE)
        await out.prepare(request)
        async for chunk in answer.content.iter_any():
            await out.write(chunk)
        await out.write_eof()
        return out


async def main(upstream: str) -> None:
    app = web.Application()
    app.router.add_post("/proxy/{provider}/messages", messages)
    app[UPSTREAMS] = {"anthropic": upstream}
    timeout = ClientTimeout(total=None)
    async with ClientSession(
        connector=TCPConnector(limit=0), auto_decompress=False, timeout=timeout
    ) as session:
        app[SESSION] = session
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
