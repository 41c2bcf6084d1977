import pytest

from loom.widgets.labels import call_title, cost, duration, elapsed, moment, sentence, tokens


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0s"), (7.9, "7s"), (65, "1m05s"), (7_380, "2h03m")]
)
def test_running_times(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text


@pytest.mark.parametrize(("ms", "text"), [(85, "85ms"), (1_240, "1.2s"), (9_990, "9s")])
def test_durations(ms: int, text: str) -> None:
    assert duration(ms) == text


@pytest.mark.parametrize(
    ("count", "text"), [(950, "950"), (12_400, "12k"), (999_600, "1M"), (1_250_000, "1.2M")]
)
def test_token_counts(count: int, text: str) -> None:
    assert tokens(count) == text


@pytest.mark.parametrize(
    ("usd", "text"), [(0.0, "$0.00"), (0.004, "<$0.01"), (0.126, "$0.13"), (1234.5, "$1,234.50")]
)
def test_money(usd: float, text: str) -> None:
    assert cost(usd) == text


@pytest.mark.parametrize(
    ("age_s", "text"),
    [(-9, "now"), (59, "now"), (300, "5m"), (3 * 86_400, "Sun"), (30 * 86_400, "13 Oct")],
)
def test_moments(age_s: int, text: str) -> None:
    noon = 1_762_948_800_000
    assert moment(noon - age_s * 1_000, noon) == text


@pytest.mark.parametrize(
    ("name", "summary", "title"),
    [
        ("bash", "bash ls -l", ("bash", "ls -l")),
        ("edit_file", "edit a.py (2 edits)", ("edit_file", "a.py (2 edits)")),
        ("read_file", "app.py", ("read_file", "app.py")),
        ("todo", "plan: 1 of 3 done", ("todo", "plan: 1 of 3 done")),
        ("", "edit_file app.py", ("edit_file", "app.py")),
        ("", "", ("tool", "")),
    ],
)
def test_a_call_is_titled_without_saying_a_word_twice(
    name: str, summary: str, title: tuple[str, str]
) -> None:
    assert call_title(name, summary) == title


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("the Loom that ran it has left", "The Loom that ran it has left."),
        ("a.txt is no image", "a.txt is no image."),
        ("nothing listens at /tmp/loom.sock", "Nothing listens at /tmp/loom.sock"),
        ("Done.", "Done."),
        ("", ""),
    ],
)
def test_a_message_is_said_as_a_sentence(message: str, said: str) -> None:
    assert sentence(message) == said
