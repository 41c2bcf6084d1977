"""The proxies that are compared, each in front of the same provider, and how each is asked."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.proxies.peers import peers
from bench.proxies.processes import HERE, port, started, wait_for
from bench.proxies.team import api_key, prices
from loom.directories import data_directory
from loom.server.spending.usage_log import DELAY

TOKEN = "lt_token-of-the-proxy-bench"
AFTERWARDS = DELAY + 0.3
TEXT = "Say hello to the bench, briefly, please."
SERVE = """
import os
from loom.server.config import server_config
from loom.server.daemon import run_daemon
run_daemon(server_config(os.environ))
"""


@dataclass(frozen=True)
class Ask:
    """What a client wants: an answer of the shape that the model's name says, or the text's end."""

    model: str
    is_stream: bool = True
    says: str = ""


@dataclass(frozen=True)
class Contestant:
    """One way through a proxy.

    Attributes:
        process: the root of its process tree.
        path: by whether the answer is streamed.
        end: what stands near the end of a proper stream.
        share: of the load that it is asked to carry: a slow one is measured by less.
        afterwards: seconds after which what it writes down behind its answers is written.
    """

    name: str
    process: int
    port: int
    path: Callable[[bool], str]
    body: Callable[[Ask], bytes]
    end: bytes = b"message_stop"
    headers: Mapping[str, str] = field(default_factory=dict)
    share: float = 1.0
    afterwards: float = 0.0

    def request(self, ask: Ask) -> bytes:
        """The bytes of a request."""
        body = self.body(ask)
        lines = [
            f"POST {self.path(ask.is_stream)} HTTP/1.1",
            "Host: bench",
            "Content-Type: application/json",
            "anthropic-version: 2023-06-01",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join((*lines, "", "")).encode() + body


@dataclass(frozen=True)
class Arena:
    """Everything that runs; `others` by name, those of them that are here."""

    provider: Contestant
    native: Contestant
    own: Contestant
    floor: Contestant
    others: Mapping[str, Contestant]


def claude_body(ask: Ask) -> bytes:
    """A small request on Anthropic's wire."""
    messages = [{"role": "user", "content": f"{TEXT} {ask.says}"}]
    body = {"model": ask.model, "max_tokens": 256, "messages": messages, "stream": ask.is_stream}
    return json.dumps(body).encode()


def loom_body(ask: Ask) -> bytes:
    """The same on Loom's wire."""
    messages = [{"role": "user", "content": [{"type": "text", "text": f"{TEXT} {ask.says}"}]}]
    return json.dumps({"model": ask.model, "max_tokens": 256, "messages": messages}).encode()


def messages_path(is_stream: bool) -> str:
    """Anthropic's own."""
    return "/v1/messages"


def floor_path(is_stream: bool) -> str:
    """The aiohttp floor's."""
    return "/proxy/anthropic/messages"


@contextmanager
def arena() -> Iterator[Arena]:
    """Starts all of them; peers only where LOOM_BENCH_PEERS asks for them."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(started([HERE / "upstream.py"]))
        at = port(upstream)
        url = f"http://127.0.0.1:{at}"
        provider = Contestant("provider", upstream.pid, at, messages_path, claude_body)
        floor = stack.enter_context(plain("aiohttp", "aiohttp_floor.py", url, floor_path))
        native, own = stack.enter_context(loom(url, home))
        others = [stack.enter_context(plain("raw asyncio", "raw_floor.py", url))]
        if program := shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
            others.append(stack.enter_context(nginx(program, url, home)))
        else:
            print("nginx is not measured: it is not here", file=sys.stderr)
        if os.environ.get("LOOM_BENCH_PEERS"):
            others += stack.enter_context(peers_before(url, home))
        yield Arena(provider, native, own, floor, {each.name: each for each in others})


@contextmanager
def plain(
    name: str, script: str, url: str, path: Callable[[bool], str] = messages_path
) -> Iterator[Contestant]:
    """A floor of our own."""
    with started([HERE / script, f"{url}/v1/messages"]) as process:
        yield Contestant(name, process.pid, port(process), path, claude_body)


@contextmanager
def loom(url: str, home: Path, program: str = SERVE) -> Iterator[tuple[Contestant, Contestant]]:
    """The server as a team has it, asked with a team's API key: on Anthropic's wire and its own."""
    environment = {
        "LOOM_SERVER_ANTHROPIC_BASE_URL": url,
        "LOOM_SERVER_ANTHROPIC_API_KEY": "key-of-the-bench",
        "LOOM_SERVER_TOKEN": TOKEN,
        "LOOM_SERVER_PORT": "0",
        "LOOM_SERVER_PRICES": str(prices(home)),
        "HOME": str(home),
    }
    key = api_key(data_directory(environment) / "server.db")
    signed = {"Authorization": f"Bearer {key}"}
    with started([sys.executable, "-c", program], environment) as process:
        pid, at = process.pid, port(process)

        def own_path(is_stream: bool) -> str:
            return "/proxy/anthropic/stream" if is_stream else "/proxy/anthropic/complete"

        yield (
            Contestant(
                "Loom, native",
                pid,
                at,
                lambda is_stream: "/proxy/anthropic/v1/messages",
                claude_body,
                headers=signed,
                afterwards=AFTERWARDS,
            ),
            Contestant(
                "Loom's own wire",
                pid,
                at,
                own_path,
                loom_body,
                b'"finish_reason"',
                headers=signed,
                afterwards=AFTERWARDS,
            ),
        )


@contextmanager
def loom_anew(provider: Contestant) -> Iterator[tuple[Contestant, Contestant]]:
    """A server that has served nobody yet, with a home of its own."""
    url = f"http://127.0.0.1:{provider.port}"
    with tempfile.TemporaryDirectory() as home, loom(url, Path(home)) as wires:
        yield wires


@contextmanager
def nginx(program: str, url: str, home: Path) -> Iterator[Contestant]:
    """One worker, which passes on and puts a key in."""
    at = free_port()
    conf = (HERE / "nginx.conf").read_text()
    place = home / "nginx"
    place.mkdir()
    for name, value in {"UPSTREAM": url.removeprefix("http://"), "PORT": at, "HOME": place}.items():
        conf = conf.replace(f"@{name}@", str(value))
    (place / "nginx.conf").write_text(conf)
    command = (program, "-e", place / "errors", "-c", place / "nginx.conf")
    with started(command) as process:
        wait_for(f"http://127.0.0.1:{at}/", 10)
        yield Contestant("nginx", process.pid, at, messages_path, claude_body)


@contextmanager
def peers_before(url: str, home: Path) -> Iterator[list[Contestant]]:
    """Those that could be installed."""
    with ExitStack() as stack:
        found = []
        for peer in peers(home, url, free_port):
            process = stack.enter_context(started(peer.command, peer.environment))
            wait_for(f"http://127.0.0.1:{peer.port}/", 120)
            found.append(
                Contestant(
                    peer.name,
                    process.pid,
                    peer.port,
                    messages_path,
                    claude_body,
                    headers=peer.headers,
                    share=peer.share,
                )
            )
        yield found


def free_port() -> int:
    """One that nobody listens on."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        found: int = listener.getsockname()[1]
        return found
