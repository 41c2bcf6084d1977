import time
from collections.abc import Sequence

from textual.pilot import Pilot

from loom.core.messages import Thread
from loom.widgets.thread_list import ThreadItem, ThreadList, ThreadRows
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

NOW = 1_762_948_800.0
TITLES = (
    "Fix the parser",
    "Why is CI red?",
    "Make the cache fall back to disk when Redis is gone",
    "",
)
PREVIEWS = (
    "The failing test feeds half a UTF-8 character",
    "Three tests time out on the small runner",
    "変更 in cache/store.py: the fallback is tried once",
    "",
)


def thread(number: int, title: str, age_s: int = 0) -> Thread:
    return Thread(
        f"T-{number}", title, updated_at=int((NOW - age_s) * 1_000), is_private=number == 1
    )


def some_items() -> list[ThreadItem]:
    ages = (20, 1_500, 20_000, 30 * 86_400)
    rows = enumerate(zip(TITLES, PREVIEWS, ages, strict=True))
    return [
        ThreadItem(thread(number, title, age), preview, "unread" if number == 2 else "")
        for number, (title, preview, age) in rows
    ]


def thread_list(items: Sequence[ThreadItem] = ()) -> ThreadList:
    threads = ThreadList(items or some_items(), clock=lambda: NOW)
    threads.current = "T-0"
    return threads


class Listening(Gallery):
    """Keeps what the list says."""

    def __init__(self, threads: ThreadList) -> None:
        super().__init__(threads)
        self.threads = threads
        self.heard: list[str] = []

    def on_ready(self) -> None:
        self.threads.focus_rows()

    def on_thread_list_selected(self, event: ThreadList.Selected) -> None:
        self.heard.append(event.thread_id)

    def on_thread_list_search(self, event: ThreadList.Search) -> None:
        self.heard.append(f"search {event.text}")


async def focus_rows(pilot: Pilot[None]) -> None:
    pilot.app.query_one(ThreadList).focus_rows()
    await pilot.press("down")


async def test_thread_list(snap: Snap) -> None:
    await snap(thread_list(), "thread-list", prepare=focus_rows)


async def test_empty_thread_list(snap: Snap) -> None:
    await snap(ThreadList(), "thread-list-empty")


async def test_threads_at_work(snap: Snap) -> None:
    standings = ("", "working", "waiting", "unread")
    items = [
        item._replace(standing=standing)
        for item, standing in zip(some_items(), standings, strict=True)
    ]
    await snap(thread_list(items), "thread-list-standings")


async def test_threads_sought_in_vain(snap: Snap) -> None:
    threads = ThreadList(some_items(), clock=lambda: NOW)

    async def seek(pilot: Pilot[None]) -> None:
        threads.action_search()
        await pilot.press(*"zebra")
        threads.show_threads(())
        await pilot.pause()

    await snap(threads, "thread-list-nothing", prepare=seek)


async def test_long_thread_list_scrolls(snap: Snap) -> None:
    items = [ThreadItem(thread(n, f"Thread {n}", n * 60), f"Preview {n}") for n in range(5_000)]
    await snap(ThreadList(items, clock=lambda: NOW), "thread-list-long", keys=["tab", "end"])


async def test_enter_opens_the_thread_under_the_cursor() -> None:
    app = Listening(thread_list())
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "enter")
    assert app.heard == ["T-2"]


async def test_a_click_opens_a_thread() -> None:
    app = Listening(thread_list())
    async with app.run_test() as pilot:
        await pilot.click(ThreadRows, offset=(5, 3))
    assert app.heard == ["T-1"]


async def test_slash_searches_and_enter_opens_the_first_hit() -> None:
    app = Listening(thread_list())
    async with app.run_test() as pilot:
        await pilot.press("slash", "c", "i")
        app.threads.show_threads(some_items()[1:2])
        await pilot.press("enter")
    assert app.heard == ["search c", "search ci", "T-1"]


async def test_escape_clears_the_search_and_then_leaves_it() -> None:
    app = Listening(thread_list())
    async with app.run_test() as pilot:
        await pilot.press("slash", "c", "escape", "escape")
        assert isinstance(app.focused, ThreadRows)
    assert app.heard == ["search c", "search "]


async def test_the_cursor_stays_on_its_thread_when_the_list_changes() -> None:
    app = Listening(thread_list())
    async with app.run_test() as pilot:
        await pilot.press("down")
        app.threads.show_threads([ThreadItem(thread(9, "New one")), *some_items()])
        await pilot.press("enter")
    assert app.heard == ["T-1"]


async def test_the_cursor_stops_at_both_ends() -> None:
    app = Listening(thread_list())
    async with app.run_test() as pilot:
        await pilot.press("up", "enter", "end", "down", "enter")
    assert app.heard == ["T-0", "T-3"]


async def test_an_empty_list_opens_nothing() -> None:
    app = Listening(ThreadList())
    async with app.run_test() as pilot:
        await pilot.press("down", "enter")
    assert app.heard == []


async def test_a_thread_that_works_or_waits_says_so() -> None:
    items = [ThreadItem(thread(3, "One", 0), "place", "working")]
    items += [ThreadItem(thread(2, "Two", 0), "place", "waiting")]
    async with Gallery(ThreadList(items, clock=lambda: NOW)).run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        shown = "\n".join(text_of(picture(pilot.app)))
    assert "⠿ One" in shown and "working · place" in shown
    assert "‖ Two" in shown and "waits for you · place" in shown


async def test_drawing_does_not_depend_on_how_many_there_are() -> None:
    def items(count: int) -> list[ThreadItem]:
        return [ThreadItem(thread(n, f"Thread {n}"), "preview") for n in range(count)]

    threads = ThreadList(items(20), clock=lambda: NOW)
    async with Gallery(threads).run_test() as pilot:
        costs = []
        for count in (20, 20_000):
            threads.show_threads(items(count))
            await pilot.pause()
            start = time.process_time()
            for _ in range(20):
                rows = pilot.app.query_one(ThreadRows)
                rows.refresh()
                [rows.render_line(y) for y in range(24)]
            costs.append(time.process_time() - start)
        assert costs[1] < 3 * costs[0] + 0.05


async def test_titles_are_cut_by_cells() -> None:
    items = [ThreadItem(thread(0, "変更" * 40), "変更" * 40)]
    async with Gallery(ThreadList(items, clock=lambda: NOW)).run_test() as pilot:
        lines = text_of(picture(pilot.app))
        assert "…" in lines[2] and "now" in lines[2]
        assert "…" in lines[3]
