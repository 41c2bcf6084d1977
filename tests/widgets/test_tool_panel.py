from loom.core.messages import Display, Text, TodoItem, ToolResult
from loom.widgets.tool_panel import ToolPanel
from tests.snapshots import Gallery, Snap
from tests.svg import picture, text_of

NOW = 1_763_000_000.0
PLAN = (
    TodoItem("Read the failing test", "done"),
    TodoItem("Find where half a character is lost", "in_progress"),
    TodoItem("Keep the tail until the next chunk"),
)


def result(call_id: str, text: str = "", is_error: bool = False, ms: int = 85) -> ToolResult:
    return ToolResult(call_id, (Text(text),), is_error=is_error, duration_ms=ms)


def busy_panel() -> ToolPanel:
    panel = ToolPanel(clock=lambda: NOW)
    panel.todo = PLAN
    panel.started("c1", "read_file", "tests/test_parser.py")
    panel.finished("c1", result("c1", "def test_half_a_character():\n    ..."))
    panel.started("c2", "bash", "python -m unittest")
    panel.output("c2", "F..\n=====\nFAIL: test_half_a_character\n")
    panel.finished("c2", result("c2", is_error=True, ms=1_240))
    panel.started("c3", "code_search", "decode\\(")
    panel.waiting("c4", "edit_file", "parser.py")
    return panel


async def lines_of(panel: ToolPanel, *keys: str) -> list[str]:
    async with Gallery(panel).run_test() as pilot:
        await pilot.press(*keys)
        return text_of(picture(pilot.app))


async def test_tool_panel(snap: Snap) -> None:
    await snap(busy_panel(), "tool-panel")


async def test_tool_panel_opened(snap: Snap) -> None:
    await snap(busy_panel(), "tool-panel-open", keys=["down", "enter"])


async def test_empty_tool_panel(snap: Snap) -> None:
    await snap(ToolPanel(), "tool-panel-empty")


async def test_each_status_has_its_icon() -> None:
    lines = "\n".join(await lines_of(busy_panel()))
    for line in ("✓ ▸ read_file", "✗ ▸ bash", "● ▸ code_search", "‖ ▸ edit_file"):
        assert line in lines


async def test_enter_opens_and_closes_a_call() -> None:
    opened = await lines_of(busy_panel(), "down", "enter")
    closed = await lines_of(busy_panel(), "down", "enter", "enter")
    assert any("FAIL: test_half_a_character" in line for line in opened)
    assert not any("FAIL" in line for line in closed)


async def test_a_click_opens_a_call() -> None:
    panel = busy_panel()
    async with Gallery(panel).run_test() as pilot:
        await pilot.click(ToolPanel, offset=(8, 6))
        assert any("def test_half" in line for line in text_of(picture(pilot.app)))


async def test_output_is_kept_to_its_last_lines() -> None:
    panel = ToolPanel(clock=lambda: NOW)
    panel.started("c1", "bash", "seq 1000")
    panel.output("c1", "".join(f"{number}\n" for number in range(1_000)))
    lines = await lines_of(panel, "enter")
    assert "… 801 earlier lines" in lines[2]
    assert panel.virtual_size.height < 210


async def test_output_in_pieces_joins_to_lines() -> None:
    panel = ToolPanel(clock=lambda: NOW)
    panel.started("c1", "bash")
    for piece in ("on", "e\ntw", "o\n"):
        panel.output("c1", piece)
    assert [line.split()[-1] for line in (await lines_of(panel, "enter"))[2:4]] == ["one", "two"]


async def test_output_cannot_steer_the_terminal() -> None:
    panel = ToolPanel(clock=lambda: NOW)
    panel.started("c1", "bash")
    panel.output("c1", "\x1b]0;owned\x07\x1b[31mred\x1b[0m")
    assert "red" in (await lines_of(panel, "enter"))[2]


async def test_a_result_is_shown_as_people_see_it() -> None:
    panel = ToolPanel(clock=lambda: NOW)
    shown = ToolResult("c1", (Text("for the model"),), display=Display("text", "", "for people"))
    panel.finished("c1", shown)
    lines = "\n".join(await lines_of(panel, "enter"))
    assert "for people" in lines and "for the model" not in lines


async def test_the_timer_runs_only_while_a_tool_runs() -> None:
    panel = ToolPanel(clock=lambda: NOW)
    async with Gallery(panel).run_test():
        ticking = [panel.is_ticking]
        panel.started("c1", "bash")
        ticking.append(panel.is_ticking)
        panel.finished("c1", result("c1"))
        assert [*ticking, panel.is_ticking] == [False, True, False]


async def test_a_new_turn_keeps_the_plan() -> None:
    panel = busy_panel()
    panel.clear()
    lines = "\n".join(await lines_of(panel))
    assert "Plan 1/3" in lines and "bash" not in lines


async def test_unknown_output_is_let_go() -> None:
    panel = ToolPanel()
    panel.output("nobody", "text")
    assert "No tool calls yet" in (await lines_of(panel))[0]


async def test_a_call_that_was_refused_before_it_began_has_its_name() -> None:
    panel = ToolPanel()
    async with Gallery(panel).run_test() as pilot:
        panel.named("c1", "list_files")
        panel.finished("c1", ToolResult("c1", (Text("no such argument"),), is_error=True))
        await pilot.pause()
        assert "✗ ▸ list_files" in "\n".join(text_of(picture(pilot.app)))
