from rich.cells import cell_len

from loom.widgets.header import Header
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

LONG = "Make the parser survive half a UTF-8 character at the end of a chunk 変更 and say so"


async def line_of(header: Header, columns: int) -> str:
    async with Gallery(header).run_test(size=(columns, 3)) as pilot:
        return text_of(picture(pilot.app))[0]


async def test_header_shows_title_model_and_place(snap: Snap) -> None:
    header = Header("Fix the parser", "claude-sonnet", "~/src/parser", is_private=True)
    await snap(header, "header")


async def test_long_header_is_shortened(snap: Snap) -> None:
    await snap(Header(LONG, "claude-sonnet", "build-7.example.org:/srv/parser"), "header-long")


async def test_an_untitled_thread_is_called_new() -> None:
    assert "New thread" in await line_of(Header(), 40)


async def test_a_long_title_is_cut_by_cells_and_leaves_the_model() -> None:
    line = await line_of(Header(LONG, "claude-sonnet", "~/src/parser"), 60)
    assert "…" in line and "claude-sonnet" in line
    assert cell_len(line) <= 60


async def test_a_place_loses_its_beginning_not_its_end() -> None:
    line = await line_of(Header("Fix", "sonnet", "/home/ann/a/very/long/way/down/to/parser"), 40)
    assert line.rstrip().endswith("/to/parser") and "…" in line


async def test_a_title_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in (await line_of(Header("evil \x1b]0;x\x07title"), 40))


async def test_header_of_a_new_thread(snap: Snap) -> None:
    await snap(Header("", "claude-sonnet", "~/parser"), "header-new")


async def test_a_changed_attribute_is_drawn() -> None:
    header = Header("One")
    async with Gallery(header).run_test(size=(40, 3)) as pilot:
        header.title = "Two"
        await pilot.pause()
        assert "Two" in text_of(picture(pilot.app))[0]
