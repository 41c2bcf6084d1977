import tomllib
from pathlib import Path

import pytest

from loom.config.chosen import keep_server
from loom.core.errors import ConfigError

URL = "https://loom.example"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f'server_url = "{URL}"\n'),
        ("# mine\nmodel = 'x'\n", f"server_url = \"{URL}\"\n# mine\nmodel = 'x'\n"),
        ('server_url = "http://old" # was\n[tui]\n', f'server_url = "{URL}"\n[tui]\n'),
        ("[tui]\ntheme = 'a'\n", f"server_url = \"{URL}\"\n[tui]\ntheme = 'a'\n"),
    ],
)
def test_the_server_is_written_and_nothing_else_is_touched(
    tmp_path: Path, before: str, after: str
) -> None:
    file = tmp_path / "loom" / "config.toml"
    file.parent.mkdir()
    file.write_text(before)
    assert keep_server(URL, {"XDG_CONFIG_HOME": str(tmp_path)}) == file
    assert file.read_text() == after
    assert tomllib.loads(after)["server_url"] == URL


def test_settings_that_cannot_be_changed_safely_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "loom" / "config.toml"
    file.parent.mkdir()
    for text in ('note = """\nserver_url = "in a text"\n"""\n', "not toml ="):
        file.write_text(text)
        with pytest.raises(ConfigError):
            keep_server(URL, {"XDG_CONFIG_HOME": str(tmp_path)})
        assert file.read_text() == text
