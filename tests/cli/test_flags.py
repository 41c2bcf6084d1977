import json

import pytest

from tests.cli.conftest import Loom, Serve


def test_a_provider_is_turned_off_and_on_again(loom: Loom, serve: Serve) -> None:
    port = serve().url.rpartition(":")[2]

    def said(*words: str) -> str:
        done = loom("flags", *words, LOOM_SERVER_PORT=port)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert said("list").startswith("There are none. loom flags kill")
    assert "TURNED OFF" in said("kill", "provider.anthropic", "--reason", "on fire")
    assert "on fire" in said("list")
    assert "not active" in said("restore", "provider.anthropic")
    assert said("set", "editor.minimap", "25%") == "editor.minimap: prod 25%\n"
    assert said("set", "editor.minimap", "on", "--environment", "dev") == (
        "editor.minimap: dev on, prod 25%\n"
    )
    flags = json.loads(said("list", "--json"))["flags"]
    assert [flag["key"] for flag in flags] == ["editor.minimap"]


@pytest.mark.parametrize("state", ["maybe", "101%", "-1", "nan"])
def test_a_state_that_is_none_is_refused(loom: Loom, state: str) -> None:
    done = loom("flags", "set", "a.b", "--", state)
    assert (done.returncode, "percentage" in done.stderr) == (2, True)
