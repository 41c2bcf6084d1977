from textual.widgets import Static

from tests.snapshots import FOLDER, Gallery, SvgExtension
from tests.svg import picture, text_of


async def test_a_picture_is_the_same_twice() -> None:
    drawn = []
    for _ in range(2):
        async with Gallery(Static("hello")).run_test(size=(80, 24)) as pilot:
            drawn.append(picture(pilot.app))
    assert drawn[0] == drawn[1]


async def test_a_picture_gives_back_its_text() -> None:
    async with Gallery(Static("hello & <you>")).run_test(size=(80, 24)) as pilot:
        assert text_of(picture(pilot.app))[0] == "hello & <you>"


async def test_a_changed_picture_is_told_by_its_lines() -> None:
    drawn = []
    for text in ("as stored", "otherwise"):
        async with Gallery(Static(text)).run_test(size=(80, 24)) as pilot:
            drawn.append(picture(pilot.app))
    lines = list(SvgExtension().diff_lines(drawn[1], drawn[0]))
    assert lines[-2:] == ["-as stored", "+otherwise"]


def test_every_stored_picture_belongs_to_a_test() -> None:
    tests = FOLDER.parent / "tests"
    sources = "".join(path.read_text() for path in tests.rglob("test_*.py"))
    names = {path.stem.rsplit("-", 2)[0] for path in FOLDER.glob("*.svg")}
    assert {name for name in names if f'"{name}"' not in sources} == set()
