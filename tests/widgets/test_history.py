from loom.widgets.history import History


def test_an_empty_history_has_nothing_older() -> None:
    assert History().older("draft") is None


def test_the_draft_waits_at_the_end() -> None:
    history = History(["one"])
    assert (history.older("draft"), history.newer(), history.newer()) == ("one", "draft", None)


def test_what_is_read_later_comes_before_what_was_sent_since() -> None:
    history = History()
    history.add("new")
    history.precede(["oldest", "old"])
    assert [history.older(""), history.older(""), history.older("")] == ["new", "old", "oldest"]


def test_a_repeated_text_is_kept_once() -> None:
    history = History(["one"])
    history.add("one")
    assert (history.older(""), history.older("")) == ("one", None)
