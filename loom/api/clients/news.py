"""What a server tells by itself: what it has turned off, and what its support asks to read.

One stream is open while somebody follows, and none otherwise.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

from msgspec import Struct

from loom.api.client import ServerClient
from loom.api.flags import KillSwitch
from loom.api.sse import SseParser
from loom.api.support import SupportQuestion, SupportQuestions
from loom.core import codec
from loom.core.errors import AuthError, CodecError, LoomError, TooManyRequests
from loom.http import parse_address, retry_pause
from loom.secrets import Secret

log = logging.getLogger(__name__)

Find = Callable[[], Awaitable[tuple[str, Secret]]]
PROVIDER = "provider."
"""What the names of kill switches begin with that turn a provider off."""


@dataclass(frozen=True)
class Pace:
    """Seconds.

    Attributes:
        patience: before the stream is opened: what is opened with it comes first.
        silence: without a byte, after which the server is gone; it says each 30 s that it is there.
        first, last: the first pause after an end or a failure, doubled by each failure in a row.
        refused: after the server did not accept the token.
    """

    patience: float = 1.0
    silence: float = 75.0
    first: float = 2.0
    last: float = 300.0
    refused: float = 300.0


class _Begun(Struct):
    kill_switches: tuple[KillSwitch, ...] = ()


class ServerNews:
    """Follows one server, whatever becomes of the connection.

    Args:
        find: yields the server's address and Loom's token for it; awaited at each connection.
        jitter: a factor for pauses, so that not all come back at once.

    Attributes:
        off: why a provider is turned off, by its name.
        questions: what the support waits to read of the person's.
    """

    def __init__(
        self,
        find: Find,
        pace: Pace = Pace(),  # frozen
        jitter: Callable[[], float] = lambda: random.uniform(0.5, 1.5),
    ) -> None:
        self._find = find
        self._pace = pace
        self._jitter = jitter
        self._looks: list[Callable[[], None]] = []
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._switches: dict[tuple[str, str], KillSwitch] = {}
        self.off: Mapping[str, str] = {}
        self.questions: tuple[SupportQuestion, ...] = ()

    @contextmanager
    def followed(self, look: Callable[[], None]) -> Iterator[None]:
        """`look` is called after each change, for as long as it is within."""
        self._looks.append(look)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="news")
        try:
            yield
        finally:
            self._looks.remove(look)
            if not self._looks:
                self._stop()

    async def close(self) -> None:
        """Ends the stream for good, and waits until it has."""
        task = self._task
        self._stop()
        if task is not None:
            await asyncio.wait({task})

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task, self._switches, self.off, self.questions = None, {}, {}, ()

    async def _run(self) -> None:
        pause = self._pace.patience
        try:
            while True:
                await asyncio.sleep(pause)
                await asyncio.to_thread(_import_parts)
                pause = await self._connection()
        # A task's outer edge: a defect here must not end the sessions.
        except Exception:
            log.exception("news failed")

    async def _connection(self) -> float:
        """One connection, from its beginning to its end; the pause after it."""
        try:
            await self._listen()
        except AuthError as error:
            log.warning("news: %s", error.message)
            return self._pace.refused
        except TooManyRequests as error:
            return error.retry_after + self._pause()
        except LoomError as error:
            if not self._failures:
                log.info("news wait: %s", error.message)
            self._failures += 1
        return self._pause()

    def _pause(self) -> float:
        return retry_pause(self._pace.first, self._failures, self._pace.last, self._jitter())

    async def _listen(self) -> None:
        address, token = await self._find()
        client = ServerClient(parse_address(address), token, self._pace.silence)
        parser, has_begun = SseParser(), False
        async with aclosing(client.download("/api/flags/stream")) as pieces:
            async for piece in pieces:
                for name, data in parser.feed(piece):
                    self._take(name, data)
                    has_begun = True
        if not has_begun:
            raise CodecError("what answers tells no news")

    def _take(self, name: str, data: bytes) -> None:
        """One event; those of other kinds are somebody else's. Raises CodecError."""
        match name:
            case "init":
                begun: _Begun = codec.decode(data, _Begun)
                self._failures, self._switches, self.questions = 0, {}, ()
                self._turn(*begun.kill_switches)
            case "killswitch.activated" | "killswitch.deactivated":
                self._turn(codec.decode(data, KillSwitch))
            case "support.asked":
                self.questions = codec.decode(data, SupportQuestions).questions
            case _:
                return
        for look in (*self._looks,):
            look()

    def _turn(self, *switches: KillSwitch) -> None:
        self._switches |= {(each.org, each.key): each for each in switches}
        # The platform's comes last, for it wins over an organization's.
        active = [
            each for _, each in sorted(self._switches.items(), reverse=True) if each.is_active
        ]
        self.off = {
            each.key.removeprefix(PROVIDER): each.reason
            for each in active
            if each.key.startswith(PROVIDER)
        }


def _import_parts() -> None:
    """What costs time to import, away from the screen's loop."""
    import aiohttp  # noqa: F401  # imported for the cost alone
