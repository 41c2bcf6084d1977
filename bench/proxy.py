"""The proxy's CPU time a request and an event, beside an aiohttp byte pass-through.

Upstream, floor and Loom are three processes; this one makes the load. What counts is the CPU time
of the proxy's process in the kernel's own accounting, which other load disturbs least.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.row import Row, ratio

ROUNDS = 9
WARM_UPS = 3
"""Rounds that do not count: the first thousand requests cost more, as Python specializes code."""

HERE = Path(__file__).parent
TOKEN = "lt_token-of-the-proxy-bench"
SERVE = """
import os
from loom.server.config import server_config
from loom.server.daemon import run_daemon
run_daemon(server_config(os.environ))
"""


@dataclass(frozen=True)
class Load:
    """What one round asks of a proxy: `streams` connections, `repeats` answers on each.

    `units` is what the round's CPU time is divided by.
    """

    name: str
    model: str
    streams: int
    repeats: int
    units: int
    is_stream: bool = True


REQUEST = Load("a small request", "bench-n1-d0", 8, 50, 8 * 50, is_stream=False)
ALONE = Load("an event that arrives alone", "bench-n150-d4", 40, 1, 40 * 150)
BURST = Load("an event of a burst", "bench-n4000-d0", 4, 1, 4 * 4000)


@dataclass(frozen=True)
class Target:
    """One way through a proxy process; `body` makes the request of a load."""

    process: int
    port: int
    path: Callable[[Load], str]
    body: Callable[[Load], bytes]
    end: bytes


def measure() -> Iterator[Row]:
    """Native wire and Loom's own, each beside the floor."""
    with processes() as (floor, native, own):
        for load, limit in ((REQUEST, 1.5), (ALONE, 1.5), (BURST, 1.5)):
            yield compared(f"proxy, native wire: {load.name}", load, native, floor, limit)
        for load in (ALONE, BURST):
            yield compared(f"proxy, Loom's own wire: {load.name}", load, own, floor, 3.0)
        yield compared(f"proxy, Loom's own wire: {REQUEST.name}", REQUEST, own, floor, 3.0)


def compared(name: str, load: Load, ours: Target, floor: Target, limit: float) -> Row:
    """Rounds through Loom and through the floor in turn, after the ones that warm up."""
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(WARM_UPS + ROUNDS):
        for target, sample in zip((ours, floor), samples, strict=True):
            sample.append(cpu_us(target, load))
    ours_us, floor_us = (sample[WARM_UPS:] for sample in samples)
    return ratio(name, ours_us, floor_us, limit, "µs")


def cpu_us(target: Target, load: Load) -> float:
    """Microseconds of the proxy's CPU time for one unit of the load."""
    before = cpu_ns(target.process)
    asyncio.run(run(target, load))
    return (cpu_ns(target.process) - before) / load.units / 1000


def cpu_ns(process: int) -> int:
    """CPU time of all of the process's threads."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


async def run(target: Target, load: Load) -> None:
    """One round."""
    async with asyncio.TaskGroup() as group:
        for _ in range(load.streams):
            group.create_task(converse(target, load))


async def converse(target: Target, load: Load) -> None:
    """Asks again and again on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port, limit=1 << 20)
    body = target.body(load)
    head = (
        f"POST {target.path(load)} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(load.repeats):
        writer.write(head.encode() + body)
        await answer(reader, target.end if load.is_stream else b"")
    writer.close()


async def answer(reader: asyncio.StreamReader, end: bytes) -> None:
    """Reads one answer. Raises RuntimeError when it is not a proper one."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head[:20]:
        raise RuntimeError(head.decode() + (await reader.read(2000)).decode())
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    if length:
        await reader.readexactly(int(length[1]))
        return
    tail = b""
    while not tail.endswith(b"0\r\n\r\n"):
        data = await reader.read(1 << 18)
        if not data:
            raise RuntimeError("the stream broke off")
        tail = (tail + data)[-2000:]
    if end not in tail:
        raise RuntimeError(f"no end in {tail!r}")


def claude_body(load: Load) -> bytes:
    """A small request on Anthropic's wire."""
    messages = [{"role": "user", "content": "Say hello to the bench, briefly, please."}]
    body = {"model": load.model, "max_tokens": 256, "messages": messages, "stream": load.is_stream}
    return json.dumps(body).encode()


def loom_body(load: Load) -> bytes:
    """The same on Loom's wire."""
    text = {"type": "text", "text": "Say hello to the bench, briefly, please."}
    messages = [{"role": "user", "content": [text]}]
    return json.dumps({"model": load.model, "max_tokens": 256, "messages": messages}).encode()


@contextmanager
def processes() -> Iterator[tuple[Target, Target, Target]]:
    """The floor, Loom's native wire and Loom's own, each in front of the same upstream."""
    with tempfile.TemporaryDirectory() as home, started([HERE / "proxy_upstream.py"]) as upstream:
        url = f"http://127.0.0.1:{port(upstream)}"
        environment = {
            "LOOM_SERVER_ANTHROPIC_BASE_URL": url,
            "LOOM_SERVER_ANTHROPIC_API_KEY": "key-of-the-bench",
            "LOOM_SERVER_TOKEN": TOKEN,
            "LOOM_SERVER_PORT": "0",
            "HOME": home,
        }
        with (
            started([HERE / "proxy_floor.py", f"{url}/v1/messages"]) as floor,
            started(["-c", SERVE], environment) as loom,
        ):
            at_floor, at_loom = port(floor), port(loom)
            yield (
                Target(floor.pid, at_floor, floor_path, claude_body, b"message_stop"),
                Target(loom.pid, at_loom, native_path, claude_body, b"message_stop"),
                Target(loom.pid, at_loom, own_path, loom_body, b'"finish_reason"'),
            )


def floor_path(load: Load) -> str:
    """The floor's routes."""
    return "/stream" if load.is_stream else "/whole"


def native_path(load: Load) -> str:
    """Anthropic's route."""
    return "/proxy/anthropic/v1/messages"


def own_path(load: Load) -> str:
    """Loom's routes."""
    return "/proxy/anthropic/stream" if load.is_stream else "/proxy/anthropic/complete"


@contextmanager
def started(
    arguments: list[str | Path], environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is ended afterwards."""
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def port(process: subprocess.Popen[str]) -> int:
    """The port at the end of the first line that the process prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return int(line.rpartition(":")[2])


if __name__ == "__main__":
    from bench.__main__ import main

    sys.exit(main(["proxy"]))
