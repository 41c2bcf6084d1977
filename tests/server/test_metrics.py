from loom.server.metrics import MAX_SERIES, Counter


def test_a_large_counter_is_told_to_its_last_digit() -> None:
    tokens = Counter("tokens", "Tokens.", ("kind",))
    tokens.add(12_345_678, "input")
    tokens.add(0.25, "output")
    assert list(tokens.lines())[1:] == [
        'tokens{kind="input"} 12345678',
        'tokens{kind="output"} 0.25',
    ]


def test_surplus_series_are_summed_as_other() -> None:
    tokens = Counter("tokens", "Tokens.", ("model",))
    for number in range(MAX_SERIES + 5):
        tokens.add(1, f"model-{number}")
    assert tokens.value("other") == 5
    tokens.add(1, "model-0")
    assert tokens.value("model-0") == 2
