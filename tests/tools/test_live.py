import asyncio

from loom.tools.live import PIECE, LiveOutput


async def test_first_piece_is_passed_on_at_once() -> None:
    heard: list[str] = []
    LiveOutput(heard.append).add("a")
    assert heard == ["a"]


async def test_pieces_in_quick_succession_come_together() -> None:
    heard: list[str] = []
    live = LiveOutput(heard.append)
    for letter in "abcd":
        live.add(letter)
    async with asyncio.timeout(5):
        while len(heard) < 2:
            await asyncio.sleep(0.005)
    assert heard == ["a", "bcd"]


async def test_rest_is_passed_on_at_the_end() -> None:
    heard: list[str] = []
    live = LiveOutput(heard.append)
    live.add("a")
    live.add("b")
    live.close()
    live.close()
    assert heard == ["a", "b"]


async def test_of_a_flood_the_last_part_is_shown_and_the_gap_is_told() -> None:
    heard: list[str] = []
    live = LiveOutput(heard.append)
    live.add("first")
    live.add("x" * 100)
    live.add("y" * PIECE)
    live.close()
    assert heard[1] == "\n[… 100 characters not shown live …]\n" + "y" * PIECE
