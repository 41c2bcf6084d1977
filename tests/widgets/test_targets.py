"""What a place in a text names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.markup.ink import Inks
from loom.markup.parse import parse
from loom.markup.render import Renderer
from loom.widgets.message_list import MessageList
from loom.widgets.transcript.targets import Target, target_at
from tests.widgets.test_message_list import TranscriptApp, drawn, user


def at(text, word, *, is_markdown=False):
    renderer = Renderer(Inks({}))
    lines = renderer.render(parse(text), 200) if is_markdown else renderer.plain(text, 200)
    (line,) = lines
    return target_at(line, "".join(segment.text for segment in line).index(word))


@pytest.mark.parametrize(
    ("text", "word", "target"),
    [
        ("see src/app.py:12:5.", "app", Target("", "src/app.py", 12, 5, "src/app.py:12:5")),
        ("in README.md, too", "READ", Target("", "README.md", 0, 0, "README.md")),
        ("make: *** [Makefile:3]", "Make", Target("", "Makefile", 3, 0, "Makefile:3")),
        (
            "(https://e.org/a_(b).)",
            "e.org",
            Target("https://e.org/a_(b)", shown="https://e.org/a_(b)"),
        ),
        ("just words", "words", None),
        ("javascript:alert(1)", "alert", None),
        ("ftp://e.org/x", "ftp", None),
    ],
)
def test_an_address_or_a_file_is_found_under_the_caret(text, word, target):
    assert at(text, word) == target


def test_a_link_leads_where_it_leads_and_not_where_it_says():
    target = at("[https://good.org](https://evil.org/x)", "good", is_markdown=True)
    assert target == Target("https://evil.org/x", shown="https://good.org")


@pytest.mark.parametrize(
    "url", ["javascript:x", "file:///etc/passwd", "data:text/html,x", "vscode://x"]
)
def test_other_schemes_open_nothing(url):
    target = at(f"[click]({url})", "click", is_markdown=True)
    assert target is None or not target.url


@given(st.text(max_size=60), st.integers(0, 60))
def test_no_text_makes_a_target_of_another_scheme(text, column):
    (line, *_) = Renderer(Inks({})).plain(text.replace("\n", " "), 1_000) or [[]]
    target = target_at(line, column)
    assert target is None or target.url.startswith(("http", "mailto:")) or target.path


class OpeningApp(TranscriptApp):
    def __init__(self):
        super().__init__()
        self.opened = []

    def on_copy_view_opened(self, event):
        self.opened.append(event.target)


@pytest.mark.parametrize("keys", [("j", "j", "enter"), ("j", "j", "j", "l", "enter")])
async def test_an_address_over_two_lines_is_opened_whole(keys):
    url = "https://example.org/" + "long/" * 30
    async with OpeningApp().run_test(size=(40, 14)) as pilot:
        pilot.app.transcript.add(user(f"go to {url} now"))
        await drawn(pilot)
        await pilot.press("k", "v", "g", *keys)
        await pilot.pause()
        assert [target.url for target in pilot.app.opened] == [url]


async def test_ctrl_and_a_click_open_and_a_click_alone_does_not():
    async with OpeningApp().run_test(size=(40, 14)) as pilot:
        pilot.app.transcript.add(user("see src/app.py:7"))
        await drawn(pilot)
        await pilot.click(MessageList, offset=(8, 0))
        assert pilot.app.opened == []
        await pilot.click(MessageList, offset=(8, 0), control=True)
        assert [target.path for target in pilot.app.opened] == ["src/app.py"]
