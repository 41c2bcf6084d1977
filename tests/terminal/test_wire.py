"""Writing to a terminal that may be slow."""

import asyncio
import os
import pty
from concurrent.futures import ThreadPoolExecutor

import pytest

from loom.terminal.wire import Wire


@pytest.fixture
def terminal():
    """The terminal's side and the program's side, raw as the app sets it."""
    master, slave = pty.openpty()
    import tty

    tty.setraw(slave)
    yield master, slave
    os.close(slave)
    os.close(master)


def read_until(master: int, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += os.read(master, 65536)
    return found


async def test_text_arrives_at_once(terminal):
    master, slave = terminal
    wire = Wire(slave, lambda: None)
    wire.write("Grüße")
    assert os.read(master, 100).decode() == "Grüße"
    assert not wire.is_busy
    wire.close()


async def test_a_terminal_that_reads_nothing_makes_nobody_wait(terminal):
    master, slave = terminal
    free = asyncio.Event()
    wire = Wire(slave, free.set)
    wire.write("x" * 1_000_000)
    assert wire.is_busy
    reading = asyncio.create_task(asyncio.to_thread(read_until, master, 1_000_000))
    await free.wait()
    assert not wire.is_busy
    assert await reading == b"x" * 1_000_000
    wire.close()


async def test_the_descriptor_of_the_shell_stays_blocking(terminal):
    _, slave = terminal
    wire = Wire(slave, lambda: None)
    assert os.get_blocking(slave)
    wire.close()


async def test_draining_a_dead_terminal_ends(terminal):
    _, slave = terminal
    wire = Wire(slave, lambda: None)
    wire.write("x" * 1_000_000)
    wire.drain(0.05)
    assert wire.is_busy
    wire.close()


async def test_draining_writes_the_rest(terminal):
    master, slave = terminal
    wire = Wire(slave, lambda: None)
    wire.write("x" * 300_000)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read_until, master, 300_000)
        wire.drain(10.0)
        assert not wire.is_busy
        assert len(reading.result()) == 300_000
    wire.close()


async def test_another_thread_may_write(terminal):
    master, slave = terminal
    wire = Wire(slave, lambda: None)
    await asyncio.to_thread(wire.write, "from afar")
    await asyncio.sleep(0)
    assert os.read(master, 100) == b"from afar"
    wire.close()


async def test_writing_to_a_terminal_that_is_gone_is_no_error():
    master, slave = pty.openpty()
    wire = Wire(slave, lambda: None)
    os.close(master)
    wire.write("lost")
    assert not wire.is_busy
    wire.close()
    os.close(slave)
