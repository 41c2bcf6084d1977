"""`loom --demo` as a person meets it, and without a terminal."""

import re
import subprocess
import sys
from pathlib import Path

from loom.core.codec import decode_event
from loom.core.protocol import MessageAdded, ToolFinished, TurnFinished, UnknownEvent
from tests.e2e.conftest import Home
from tests.e2e.person import allow, asked, deny, say
from tests.e2e.terminal import Terminal

BUG = "    return end - start\n"
MENDED = "    return (end - start) % DAY\n"
ONLY_THE_DEMO = "I can only play the demo"


def project_of(home: Home) -> Path:
    (project,) = home.temporary.glob("loom-demo-*/timesheet")
    return project


def source_of(home: Home) -> str:
    return (project_of(home) / "timesheet/clock.py").read_text()


def passes_its_tests(project: Path) -> bool:
    words = [sys.executable, "-m", "unittest"]
    return subprocess.run(words, cwd=project, capture_output=True, timeout=30).returncode == 0


async def opened(loom) -> Terminal:
    screen = await loom("--demo")
    await screen.until("This is the demo", "Find the bug and fix it", "ready")
    return screen


async def test_person_allows_and_sees_the_bug_mended(home: Home, loom):
    screen = await opened(loom)
    assert not passes_its_tests(project_of(home))
    screen.key("enter")
    await allow(screen, "bash")
    await asked(screen, "edit_file")
    assert screen.shows("- return end - start")
    assert screen.shows("+ return (end - start) % DAY")
    await allow(screen, "edit_file")
    await allow(screen, "bash")
    await screen.until("Fixed.", "OK", "Before: -1230 != 210", "+1 −1 timesheet/clock.py", "ready")
    ran = re.findall(r"Ran 8 tests in [\d.]+s", screen.text)
    assert len(ran) == 2 and ran[0] == ran[1], screen.picture
    assert MENDED in source_of(home)
    assert passes_its_tests(project_of(home))


async def test_denied_edit_is_no_success(home: Home, loom):
    screen = await opened(loom)
    screen.key("enter")
    await allow(screen, "bash")
    await deny(screen, "edit_file")
    await screen.until("The edit was not made", "You refused this call", "ready")
    assert not screen.shows("Fixed")
    assert BUG in source_of(home)


async def test_sabotaged_source_is_no_success(home: Home, loom):
    screen = await opened(loom)
    screen.key("enter")
    await asked(screen, "bash")
    sabotaged = "def minutes_between(start, end):\n    return abs(end - start)\n"
    (project_of(home) / "timesheet/clock.py").write_text(sabotaged)
    await allow(screen, "bash")
    await screen.until("not fail as I know it, so I change nothing", "ready")
    assert not screen.shows("Fixed")
    assert source_of(home) == sabotaged


async def test_source_that_changes_before_it_is_read_is_left_alone(home: Home, loom):
    screen = await opened(loom)
    source = project_of(home) / "timesheet/clock.py"
    source.write_text(source.read_text().replace(BUG, "    return end + -start\n"))
    screen.key("enter")
    await allow(screen, "bash")
    await screen.until("is not what I expected, so I change nothing", "ready")
    assert not screen.shows("Fixed")


async def test_tests_that_still_fail_are_no_success(home: Home, loom):
    screen = await opened(loom)
    screen.key("enter")
    await allow(screen, "bash")
    await allow(screen, "edit_file")
    await asked(screen, "bash")
    check = project_of(home) / "tests/test_clock.py"
    check.write_text(check.read_text().replace('"3:30"', '"4:44"'))
    await allow(screen, "bash")
    await screen.until("I cannot say that it works", "ready")
    assert not screen.shows("Fixed")


async def test_esc_stops_the_stream_and_the_next_prompt_is_answered(loom):
    screen = await opened(loom)
    await say(screen, "hello there")
    await screen.until(ONLY_THE_DEMO)
    screen.key("esc")
    await screen.until("Stopped.", "ready")
    assert not screen.shows("nor any command the agent runs ever sees it")
    await say(screen, "who are you?")
    await screen.until("loom doctor says what is missing", "ever sees it", "ready")


async def test_thread_is_opened_again_from_the_list(loom):
    screen = await opened(loom)
    await say(screen, "hello there")
    await screen.until("ever sees it", "ready")
    screen.key("ctrl+n")
    await screen.until_gone("ever sees it")
    screen.key("ctrl+t")
    await screen.until("Search threads", "hello there")
    await screen.steady(0.2)
    screen.key("/")
    await screen.steady(0.2)
    screen.type("only play")
    await screen.until_gone("New thread now")
    screen.key("enter")
    await screen.until("ever sees it")
    screen.key("ctrl+d")
    assert await screen.exit() == 0


async def test_demo_without_a_terminal_mends_its_own_clone(home: Home, run):
    done = await run("--demo", "-p")
    assert done.status == 0
    assert done.out.startswith("**Fixed.** Ran 8 tests in ")
    assert f"demo in {project_of(home)}, mode auto" in done.err
    assert MENDED in source_of(home)
    assert passes_its_tests(project_of(home))


async def test_demo_prints_its_events_as_json_lines(home: Home, run):
    done = await run("--demo", "-p", "--json")
    assert done.status == 0
    events = [decode_event(line) for line in done.out.splitlines()]
    assert not any(isinstance(event, UnknownEvent) for event in events)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert isinstance(events[-1], TurnFinished) and events[-1].reason == "done"
    last = [event.message.text for event in events if isinstance(event, MessageAdded)][-1]
    outputs = [e.result.content[0].text for e in events if isinstance(e, ToolFinished)]
    (ran,) = re.findall(r"Ran 8 tests in [\d.]+s", last)
    assert ran in outputs[-1]
    assert MENDED in source_of(home)


async def test_demo_in_ask_mode_names_the_flag_and_claims_nothing(home: Home, run):
    done = await run("--demo", "-p", "--mode", "ask")
    assert done.status == 0
    assert "The edit was not made" in done.out
    assert "--mode edit" in done.out
    assert "refused: " in done.err and "--mode edit" in done.err
    assert "Fixed" not in done.out
    assert BUG in source_of(home)


async def test_demo_in_plan_mode_names_the_flag_and_claims_nothing(home: Home, run):
    done = await run("--demo", "-p", "--mode", "plan")
    assert "plan mode is read-only" in done.out and "--mode auto" in done.out
    assert "nothing may be changed or run" in done.err
    assert "Fixed" not in done.out
    assert BUG in source_of(home)
