"""Copying blocks of code by their key."""

import pytest

from loom.core.messages import Text
from tests.widgets.test_message_list import TranscriptApp, assistant, drawn, screen, user

TWO = """\
First:

```sh
make  all

	indented
```

- in a list

  ```py
  x = 1
  ```
"""


@pytest.fixture
async def pilot():
    async with TranscriptApp().run_test(size=(50, 24)) as pilot:
        yield pilot


@pytest.fixture
def transcript(pilot):
    return pilot.app.transcript


async def test_each_press_copies_the_next_block_as_it_was_written(pilot, transcript):
    transcript.add(assistant(Text(TWO)))
    await drawn(pilot)
    copied = []
    for _ in range(3):
        await pilot.press("c")
        copied.append(pilot.app.clipboard)
    assert copied == ["make  all\n\n\tindented", "x = 1", "make  all\n\n\tindented"]


async def test_the_label_of_the_next_block_says_what_c_does(pilot, transcript):
    transcript.add(assistant(Text(TWO)))
    await drawn(pilot)
    assert "c copies" not in await screen(pilot)
    await pilot.press("k")
    (line,) = [row for row in (await screen(pilot)).split("\n") if "c copies" in row]
    assert line.split()[0:2] == ["▌", "sh"]
    await pilot.press("c")
    (line,) = [row for row in (await screen(pilot)).split("\n") if "c copies" in row]
    assert "py" in line


@pytest.mark.parametrize(("chosen", "hint"), [("x", "x copies"), ("unbound", "copies")])
async def test_the_label_names_the_key_that_was_chosen_for_it(pilot, transcript, chosen, hint):
    pilot.app.set_keymap({"transcript.copy_code": chosen})
    transcript.add(assistant(Text(TWO)))
    await pilot.press("k")
    assert (hint in await screen(pilot)) is (chosen == "x")


async def test_the_block_in_view_is_the_first_and_the_next_one_is_shown(pilot, transcript):
    parts = [f"```py\nx = {n}\n```\n\n" + "words\n\n" * 20 for n in range(3)]
    transcript.add(assistant(Text("".join(parts))))
    await drawn(pilot)
    transcript.go_to(30)
    await pilot.press("c")
    assert pilot.app.clipboard == "x = 1"
    await pilot.press("c")
    assert pilot.app.clipboard == "x = 2"
    assert "x = 2" in await screen(pilot)


async def test_an_answer_without_code_copies_nothing(pilot, transcript):
    transcript.add(user("no code"))
    await drawn(pilot)
    await pilot.press("c")
    assert pilot.app.clipboard == ""
