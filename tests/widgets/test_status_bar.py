import pytest
from rich.cells import cell_len

from loom.widgets.status_bar import StatusBar
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

NOW = 1_763_000_000.0


def bar(at: float = NOW) -> StatusBar:
    status = StatusBar(clock=lambda: at)
    status.branch, status.cost_usd = "main", 0.1234
    status.context_tokens, status.context_limit = 86_000, 200_000
    return status


def working(status: StatusBar) -> StatusBar:
    status.state = "executing_tools"
    status.turn_started(NOW - 72)
    return status


async def lines_of(status: StatusBar, columns: int) -> str:
    async with Gallery(status).run_test(size=(columns, 3)) as pilot:
        return text_of(picture(pilot.app))[-1]


async def test_status_bar_at_rest(snap: Snap) -> None:
    await snap(bar(), "status-bar")


async def test_status_bar_while_working(snap: Snap) -> None:
    await snap(working(bar()), "status-bar-working")


async def test_status_bar_counts_down_to_a_retry(snap: Snap) -> None:
    status = working(bar())
    status.state = "error"
    status.retry_armed(int((NOW + 12) * 1_000), 2, 3)
    await snap(status, "status-bar-retry")


async def test_status_bar_waits_for_the_person(snap: Snap) -> None:
    status = working(bar())
    status.is_asking, status.mode = True, "auto"
    status.context_tokens = 185_000
    await snap(status, "status-bar-asking")


async def test_status_bar_while_an_answer_is_written(snap: Snap) -> None:
    status = working(bar())
    status.state, status.is_writing, status.mode = "processing_llm_response", True, "plan"
    await snap(status, "status-bar-writing")


async def test_status_bar_after_a_failure(snap: Snap) -> None:
    status = bar()
    status.state, status.mode, status.context_tokens = "error", "edit", 150_000
    await snap(status, "status-bar-failed")


async def test_status_bar_with_a_question_put_aside(snap: Snap) -> None:
    status = working(bar())
    status.is_asking = status.is_aside = True
    await snap(status, "status-bar-aside")


async def test_status_bar_with_the_mouse_left_to_the_terminal(snap: Snap) -> None:
    status = working(bar())
    status.state, status.is_mouse_free = "compacting", True
    await snap(status, "status-bar-mouse-free")


@pytest.mark.parametrize("columns", [200, 100, 80, 60, 40, 20, 8])
async def test_it_never_needs_more_than_its_width(columns: int) -> None:
    line = await lines_of(working(bar()), columns)
    assert cell_len(line) <= columns
    assert line.strip()


async def test_narrow_bars_keep_state_and_context_and_say_that_something_is_missing() -> None:
    line = await lines_of(working(bar()), 60)
    assert "running tools 1m12s" in line and "43%" in line and "Esc stop" in line
    assert "main" not in line and "…" in line


async def test_the_retry_ends_when_the_state_moves_on() -> None:
    status = bar()
    status.state = "error"
    status.retry_armed(int((NOW + 12) * 1_000), 2, 3)
    async with Gallery(status).run_test():
        status.state = "calling_llm"
        assert status.retry_at == 0 and status.situation == "resting"


@pytest.mark.parametrize(("is_writing", "word"), [(False, "thinking"), (True, "writing")])
async def test_the_answers_words_are_told_from_thinking(is_writing: bool, word: str) -> None:
    status = working(bar())
    status.state = "calling_llm"
    status.is_writing = is_writing
    assert word in await lines_of(status, 80)


async def test_a_narrow_bar_names_both_answers() -> None:
    status = working(bar())
    status.is_asking = True
    line = await lines_of(status, 60)
    assert "y allow  n deny" in line and "waiting for you" in line


async def test_a_countdown_stands_alone() -> None:
    status = working(bar())
    status.retry_armed(int((NOW + 12) * 1_000), 2, 3)
    assert "retry 2 of 3 in 12s │" in await lines_of(status, 80)


async def test_a_question_put_aside_names_the_keys_that_work() -> None:
    status = working(bar())
    status.is_asking = status.is_aside = True
    line = await lines_of(status, 80)
    assert "^G answer" in line and "y allow" not in line


async def test_the_keys_are_those_of_what_has_the_keyboard() -> None:
    status = working(bar())
    status.place = "threads"
    line = await lines_of(status, 120)
    assert "Enter open  / search  Esc input" in line and "Esc stop" not in line


async def test_to_a_question_put_aside_one_gets_from_anywhere() -> None:
    status = working(bar())
    status.is_asking = status.is_aside = True
    status.place = "conversation"
    assert "^G answer  Enter open" in await lines_of(status, 120)


async def test_the_timer_runs_only_while_the_agent_works() -> None:
    status = bar()
    async with Gallery(status).run_test():
        ticking = [status.is_ticking]
        status.turn_started()
        ticking.append(status.is_ticking)
        status.turn_finished()
        assert [*ticking, status.is_ticking] == [False, True, False]


async def test_a_state_of_a_newer_loom_is_shown_by_its_name() -> None:
    status = bar()
    status.state = "dreaming_of_sheep"
    assert "dreaming of sheep" in await lines_of(status, 80)


@pytest.mark.parametrize(("used", "gauge"), [(0, "······"), (1, "■·····"), (200_000, "■■■■■■")])
async def test_the_gauge_shows_any_use_and_never_overflows(used: int, gauge: str) -> None:
    status = bar()
    status.context_tokens = used
    assert gauge in await lines_of(status, 100)
