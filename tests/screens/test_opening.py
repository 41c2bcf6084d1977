"""Opening an address or a file: what is run, and that nothing else is."""

import asyncio
import os
from pathlib import Path

import pytest

from loom.screens.opening import _starts, browser, editor, file_in
from loom.widgets.confirm_modal import ConfirmModal
from loom.widgets.transcript.copy_mode import CopyView
from loom.widgets.transcript.targets import Target

HERE = {"PATH": os.environ["PATH"]}


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "work"
    (folder / "src").mkdir(parents=True)
    (folder / "src/a.py").write_text("x")
    (tmp_path / "secret").write_text("x")
    (folder / "way_out").symlink_to(tmp_path / "secret")
    return folder


def test_a_file_of_the_workspace_is_found(workspace):
    assert file_in(workspace, "src/a.py") == (workspace / "src/a.py").resolve()
    assert file_in(workspace, str(workspace / "src/a.py")) == (workspace / "src/a.py").resolve()


@pytest.mark.parametrize(
    "written", ["../secret", "way_out", "/etc/passwd", "src", "none.py", "~/x", "a\0b", "x" * 5_000]
)
def test_no_other_path_is(workspace, written):
    assert file_in(workspace, written) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vim -u NONE", ["vim", "-u", "NONE", "+7", "/w/a.py"]),
        ("/usr/bin/nano", ["/usr/bin/nano", "+7", "/w/a.py"]),
        ("code --wait", ["code", "--wait", "-g", "/w/a.py:7:3"]),
        ("hx", ["hx", "/w/a.py:7:3"]),
        ("ed", ["ed", "/w/a.py"]),
        ("'unfinished", []),
    ],
)
def test_editors_go_to_the_line(name, words):
    assert editor({"EDITOR": name}, Path("/w/a.py"), 7, 3) == words


def test_visual_comes_before_editor():
    assert editor({"VISUAL": "hx", "EDITOR": "vi"}, Path("/a"), 0, 0) == ["hx", "/a"]


def test_a_name_is_one_word_whatever_is_in_it():
    path = Path("/w/$(touch x); rm -rf .py")
    assert editor({"EDITOR": "vi"}, path, 1, 0) == ["vi", "+1", str(path)]


async def test_an_address_that_differs_from_its_text_is_shown_before_it_opens(make_app):
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        target = Target(url="https://evil.example/x", shown="https://good.example")
        app.on_copy_view_opened(CopyView.Opened(target))
        await until(pilot, lambda: isinstance(app.screen, ConfirmModal))
        assert "https://evil.example/x" in str(app.screen.query_one(".modal-text").render())
        await pilot.press("escape")
        assert app.clipboard == ""


async def test_where_there_is_no_browser_the_address_is_copied(make_app):
    app = make_app(environment={"SSH_TTY": "x", "TERM": "xterm"})
    async with app.run_test(size=(80, 24)) as pilot:
        target = Target(url="https://good.example", shown="https://good.example")
        app.on_copy_view_opened(CopyView.Opened(target))
        await until(pilot, lambda: app.clipboard == "https://good.example")


async def until(pilot, condition):
    async with asyncio.timeout(10):
        while not condition():
            await pilot.pause(0.02)


def test_over_ssh_there_is_no_browser():
    assert browser({**HERE, "DISPLAY": ":0", "SSH_TTY": "x"}) == ""
    assert browser(HERE, "linux") == ""


def test_a_browser_that_fails_did_not_open(tmp_path):
    failing = tmp_path / "xdg-open"
    failing.write_text("#!/bin/sh\nexit 4\n")
    failing.chmod(0o755)
    assert not _starts([str(failing), "https://e.org"], HERE)
    assert not _starts([str(tmp_path / "none"), "https://e.org"], HERE)
    assert _starts(["true", "https://e.org"], HERE)
