from pathlib import Path

import pytest

from loom import directories


@pytest.mark.parametrize(
    ("directory", "variable", "fallback"),
    [
        (directories.config_directory, "XDG_CONFIG_HOME", ".config"),
        (directories.data_directory, "XDG_DATA_HOME", ".local/share"),
        (directories.state_directory, "XDG_STATE_HOME", ".local/state"),
        (directories.cache_directory, "XDG_CACHE_HOME", ".cache"),
    ],
)
def test_each_directory_follows_its_variable_and_has_a_fallback(
    directory: object, variable: str, fallback: str
) -> None:
    assert callable(directory)
    assert directory({"HOME": "/h", variable: "/x"}) == Path("/x/loom")
    assert directory({"HOME": "/h"}) == Path(f"/h/{fallback}/loom")
    assert directory({"HOME": "/h", variable: "relative"}) == Path(f"/h/{fallback}/loom")


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_usable_home_the_accounts_is_taken(environment: dict[str, str]) -> None:
    assert directories.home_directory(environment).is_absolute()


def test_sockets_live_in_the_runtime_directory_or_per_user_among_temporaries() -> None:
    assert directories.runtime_directory({"XDG_RUNTIME_DIR": "/run/u"}) == Path("/run/u/loom")
    assert directories.runtime_directory({"TMPDIR": "/t"}).parent == Path("/t")


def test_folder_too_long_for_sockets_is_passed_over() -> None:
    long = "/" + "x" * 80
    environment = {"XDG_RUNTIME_DIR": long, "TMPDIR": "/t"}
    assert directories.runtime_directory(environment).parent == Path("/t")
    assert directories.runtime_directory({**environment, "TMPDIR": long}).parent == Path("/tmp")
