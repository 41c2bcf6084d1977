"""A page of markdown on its own."""

import pytest
from textual.app import App

from loom.widgets.markdown import Markdown

PAGE = """\
# Keys

| key | does |
|:----|:-----|
| `Enter` | sends |
| `Esc` | stops the agent |

> Every key is also in the palette: **Ctrl+P**.

- [x] read this
- [ ] try it

```bash
loom resume   # go on
```
"""


class PageApp(App[None]):
    def __init__(self, text):
        super().__init__()
        self.page = Markdown(text)

    def compose(self):
        yield self.page


def shown(pilot):
    strips = pilot.app.screen._compositor.render_strips()
    return [strip.text[:-1].strip() for strip in strips]


@pytest.fixture
async def pilot():
    async with PageApp("# Title\n\n" + "word " * 40).run_test(size=(40, 10)) as pilot:
        yield pilot


async def test_the_text_is_rendered(pilot):
    assert shown(pilot)[:3] == ["Title", "", "word word word word word word word"]


async def test_lines_are_broken_anew_for_another_width(pilot):
    await pilot.resize_terminal(20, 10)
    await pilot.pause()
    assert shown(pilot)[2] == "word word word"


async def test_another_text_is_shown_from_its_start(pilot):
    pilot.app.page.update("\n\n".join(f"paragraph {number}" for number in range(30)))
    await pilot.pause()
    assert shown(pilot)[0] == "paragraph 0"
    assert pilot.app.page.virtual_size.height == 59


async def test_a_long_text_scrolls(pilot):
    pilot.app.page.update("\n\n".join(f"paragraph {number}" for number in range(30)))
    pilot.app.page.focus()
    await pilot.press("end")
    await pilot.pause()
    assert shown(pilot)[-1] == "paragraph 29"


async def test_picture_of_a_page(snap):
    await snap(Markdown(PAGE), "markdown-page")
