"""Files are found by a real worker in a real folder."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from pathlib import Path

import pytest

from loom.screens.file_finder import FileFinder


@pytest.fixture
async def finder(tmp_path: Path) -> AsyncIterator[FileFinder]:
    for name in ("alpha.py", "beta.py"):
        (tmp_path / name).touch()
    tasks: list[asyncio.Task[None]] = []

    def start(work: Coroutine[None, None, None]) -> None:
        tasks.append(asyncio.create_task(work))

    yield FileFinder(tmp_path, start)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def last(finder: FileFinder, query: str) -> list[str]:
    async with asyncio.timeout(20):
        rows = [found async for found in finder.find(query)]
    return [path for path, _ in rows[-1]] if rows else []


async def test_letters_find_files(finder: FileFinder) -> None:
    assert await last(finder, "alp") == ["alpha.py"]
    assert await last(finder, "py") == ["beta.py", "alpha.py"]


async def test_a_new_file_is_found_within_seconds(finder: FileFinder, tmp_path: Path) -> None:
    assert await last(finder, "gam") == []
    (tmp_path / "gamma.py").touch()
    async with asyncio.timeout(20):
        while await last(finder, "gam") != ["gamma.py"]:
            await asyncio.sleep(0.1)


async def test_a_newer_query_takes_the_place_of_the_one_before(finder: FileFinder) -> None:
    first = asyncio.create_task(last(finder, "alp"))
    await asyncio.sleep(0)
    assert await last(finder, "bet") == ["beta.py"]
    first.cancel()


async def test_a_worker_that_ended_is_started_again(finder: FileFinder) -> None:
    assert await last(finder, "alp") == ["alpha.py"]
    assert finder._worker is not None
    finder._worker.write_eof()
    assert await last(finder, "bet") == ["beta.py"]


async def test_where_no_worker_can_be_started_nothing_is_found(tmp_path: Path) -> None:
    runs: list[asyncio.Task[None]] = []
    command = [str(tmp_path / "no-python")]
    finder = FileFinder(tmp_path, lambda work: runs.append(asyncio.create_task(work)), command)
    assert await last(finder, "a") == []
