from loom.widgets.completion import Choice, CompletionList, Row
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

ROWS = [
    Row(Choice("cache/store.py", "4 kB"), (6, 7, 8)),
    Row(Choice("変更.md", "a wide name")),
    Row(Choice("T-1", "yesterday", "Fix the parser")),
]


def offered(*rows: Row, height: int = 8) -> CompletionList:
    subject = CompletionList(height, empty="Nothing")
    subject.offer(rows)
    return subject


async def test_completion_list(snap: Snap) -> None:
    await snap(offered(*ROWS), "completion")


async def test_the_rows_in_view_follow_the_cursor() -> None:
    subject = offered(*(Row(Choice(f"file-{number}")) for number in range(20)), height=5)
    async with Gallery(subject).run_test() as pilot:
        subject.move(-1)
        await pilot.pause()
        lines = text_of(picture(pilot.app))[:5]
    assert [line.split()[0] for line in lines] == [f"file-{number}" for number in range(15, 20)]
    assert lines[0].endswith("15 more ↑")


async def test_new_rows_begin_at_the_best() -> None:
    subject = offered(*ROWS)
    async with Gallery(subject).run_test():
        subject.move(2)
        subject.offer(ROWS[:2])
        assert subject.selected == ROWS[0].choice


async def test_an_empty_list_says_so_and_selects_nothing() -> None:
    subject = offered()
    async with Gallery(subject).run_test() as pilot:
        subject.move(1)
        assert subject.selected is None
        assert "Nothing" in text_of(picture(pilot.app))[0]
