import re
from collections.abc import Mapping

import aiohttp
import pytest
from msgspec import json

from loom.server.routing import Route
from tests.server import matrix
from tests.server.conftest import TOKEN, TeamUp
from tests.server.matrix_cases import KINDS, case_of, name_of
from tests.server.matrix_scene import Scene, bearer, filled, scene
from tests.server.team import Team
from tests.server.test_door import Clock

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_ID = "01900000-0000-7000-8000-000000000000"

SHARES = 4
"""Servers that the rows are spread over, to be tried side by side."""


class Caller:
    """Calls routes of a live server, each time in a scene of its own."""

    def __init__(self, loom: Team, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._loom = loom
        self._clock = clock
        self._session = session
        self._number = 0

    async def scenes(self, route: Route, kinds: tuple[str, ...]) -> list[tuple[Scene, str]]:
        """A scene for each kind, with the path in which all names are filled."""
        # All of them come from one address, whose limits have to be full again.
        self._clock.now += 3_600_000
        now, first = self._loom.now, self._number + 1
        self._number += len(kinds)

        def work(connection: object) -> list[tuple[Scene, str]]:
            made = [
                scene(connection, kind, str(first + i), now, bearer(TOKEN))  # type: ignore[arg-type]
                for i, kind in enumerate(kinds)
            ]
            return [(each, _path(route, each)) for each in made]

        scenes = await self._loom.database.write(work)
        self._loom.forget()
        return scenes

    async def call(self, route: Route, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        case = case_of(route)
        body = case.body
        if body is None and route.method not in ("GET", "HEAD", "DELETE"):
            body = json.encode({} if case.json is None else case.json)
        async with self._session.request(
            route.method,
            f"{self._loom.url}{path}{case.query}",
            headers={"Content-Type": "application/json", **case.headers, **headers},
            data=body,
            allow_redirects=False,
        ) as answer:
            is_stream = answer.content_type == "text/event-stream"
            return answer.status, b"" if is_stream else await answer.read()


def _path(route: Route, made: Scene) -> str:
    return filled(name_of(route).partition(" ")[2], case_of(route).names, made)


def test_every_route_has_its_row_in_the_matrix() -> None:
    problems = matrix.missing(matrix.kept())
    assert not problems, "\n".join(problems)


def test_a_route_without_a_row_is_told_what_to_do() -> None:
    problems = matrix.missing({**matrix.kept(), "GET /gone": {}})
    assert problems[0] == "GET /gone is in specs/matrix.md, and no route"
    assert matrix.COMMAND in problems[-1]
    assert "GET /health has no row in specs/matrix.md" in matrix.missing({})


async def test_hidden_and_missing_things_are_answered_alike(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    await loom.sign_up("root@example.com")
    expected, unlike, tried = matrix.kept(), [], 0
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        caller = Caller(loom, session, clock)
        for name, route in matrix.routes(loom.app).items():
            kinds = tuple(kind for kind in KINDS if expected[name][kind] == "404")
            for made, path in await caller.scenes(route, kinds):
                hidden = await caller.call(route, path, made.headers)
                missing = await caller.call(route, ID.sub(NO_ID, path), made.headers)
                tried += 1
                if _told(hidden) != _told(missing):
                    unlike.append(f"{name}: {hidden}, but {missing}")
    assert not unlike, "\n".join(unlike)
    assert tried


def _told(answer: tuple[int, bytes]) -> tuple[int, str]:
    """What a caller learns, the request's id and the asked id apart."""
    body = json.decode(answer[1])
    body.pop("request_id")
    return answer[0], ID.sub(NO_ID, str(body))


@pytest.mark.parametrize("share", range(SHARES))
async def test_every_route_answers_every_kind_of_principal_as_the_matrix_says(
    team: TeamUp, share: int
) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    await loom.sign_up("root@example.com")
    expected, wrong = matrix.kept(), []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        caller = Caller(loom, session, clock)
        for name, route in list(matrix.routes(loom.app).items())[share::SHARES]:
            for kind, (made, path) in zip(KINDS, await caller.scenes(route, KINDS), strict=True):
                status, body = await caller.call(route, path, made.headers)
                answer = "ok" if matrix.is_let_through(route, status) else str(status)
                if answer != expected[name][kind]:
                    words = f"{name} by {kind}: {answer}, not {expected[name][kind]}"
                    wrong.append(f"{words}: {body.decode()[:200]}")
    assert not wrong, "\n".join(wrong)
