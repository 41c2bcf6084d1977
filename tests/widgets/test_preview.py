from loom.core.messages import Display
from loom.widgets.preview import Preview
from tests.snapshots import Gallery
from tests.svg import picture, text_of

LONG = Display("text", "", "\n".join(f"line {number}" for number in range(100)))


async def test_a_long_text_leaves_room_for_others_and_scrolls() -> None:
    preview = Preview(LONG)
    async with Gallery(preview).run_test(size=(80, 24)) as pilot:
        height = preview.size.height
        preview.scroll_end(animate=False)
        await pilot.pause()
        assert height == 13
        assert "line 99" in text_of(picture(pilot.app))[12]


async def test_a_summary_stands_in_for_a_missing_body() -> None:
    async with Gallery(Preview(Display("command", "ls -l"))).run_test() as pilot:
        assert text_of(picture(pilot.app))[0] == " ls -l"


async def test_another_theme_paints_it_anew() -> None:
    diff = Display("diff", "", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n")
    async with Gallery(Preview(diff)).run_test() as pilot:
        pilot.app.theme = "loom-light"
        await pilot.pause()
        assert "#e1f0dc" in picture(pilot.app)


async def test_a_narrower_place_wraps_it_anew() -> None:
    async with Gallery(Preview(Display("command", "", "x" * 60))).run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert [len(line.strip()) for line in text_of(picture(pilot.app))[:2]] == [38, 24]


async def test_a_command_stands_behind_a_prompt_and_its_lines_below_each_other() -> None:
    async with Gallery(Preview(Display("command", "", "a \\\n  b"))).run_test() as pilot:
        assert text_of(picture(pilot.app))[:2] == [" $ a \\", "     b"]


async def test_a_commands_other_lines_stand_on_the_same_ground_as_its_first() -> None:
    async with Gallery(Preview(Display("command", "", "a \\\n  b"))).run_test() as pilot:
        lines = [pilot.app.query_one(Preview).render_line(row) for row in (0, 1)]
    grounds = {part.style.bgcolor if part.style else None for line in lines for part in line}
    assert len(grounds) == 1
