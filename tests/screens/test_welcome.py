from pathlib import Path

from loom.screens.welcome import lack_of, missing_key, place_of

NOTHING = [{"provider": "anthropic", "is_configured": False}]
LOCAL = [*NOTHING, {"provider": "openai", "is_configured": True}]
DEMO = [*NOTHING, {"provider": "demo", "is_configured": True}]


def test_nothing_is_said_when_the_provider_is_ready() -> None:
    assert missing_key(LOCAL, "openai") is None


def test_of_a_provider_that_is_turned_off_no_key_is_said_to_be_missing() -> None:
    off = [{"provider": "anthropic", "is_configured": False, "off": "on fire"}]
    assert missing_key(off, "anthropic") is None
    assert [lack_of(row) for row in (*off, *LOCAL)] == ["turned off", "no key", ""]


def test_a_missing_key_names_every_way_on() -> None:
    note = missing_key(DEMO, "anthropic")
    assert note is not None and "no key for anthropic" in note.text
    for way in ("export ANTHROPIC_API_KEY=", "OPENAI_BASE_URL=http://localhost", "/model demo"):
        assert way in note.hint
    assert "Ctrl+O" not in note.hint


def test_a_provider_that_is_ready_is_named_first() -> None:
    note = missing_key(LOCAL, "anthropic")
    assert note is not None and note.hint.startswith("Ready now: openai.")


def test_a_key_of_another_machines_server_is_added_there() -> None:
    note = missing_key(NOTHING, "anthropic", "https://loom.example")
    assert note is not None and "https://loom.example" in note.hint and "export" not in note.hint


def test_a_daemon_that_was_started_without_the_key_is_to_be_stopped_first() -> None:
    note = missing_key(NOTHING, "anthropic", is_daemon=True)
    assert note is not None
    first, then, *_ = note.hint.split("\n")
    assert "loom daemon stop" in first and "export ANTHROPIC_API_KEY=" in then
    plain = missing_key(NOTHING, "anthropic")
    assert plain is not None and "daemon" not in plain.hint


def test_how_to_choose_another_model_is_said_by_who_knows_the_keys() -> None:
    note = missing_key(LOCAL, "anthropic", choose="F4")
    assert note is not None and "Choose with F4." in note.hint


def test_a_place_is_written_as_a_person_writes_it() -> None:
    home = Path.home()
    assert [place_of(home), place_of(home / "a"), place_of(Path("/b"))] == ["~", "~/a", "/b"]
