"""Which terminals get text from right to left in which order."""

import pytest

from loom.terminal.order import Order, order_of

VTE, KONSOLE = {"VTE_VERSION": "7600"}, {"KONSOLE_VERSION": "230805"}
XTERM, TMUX = {"TERM": "xterm-256color"}, {"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"}
SCREEN = {"TERM": "screen", "STY": "1.pts"}

CASES = [
    (XTERM, Order.VISUAL),
    ({}, Order.VISUAL),
    (XTERM | VTE, Order.EXPLICIT),
    (XTERM | {"VTE_VERSION": "5202"}, Order.VISUAL),
    (XTERM | {"VTE_VERSION": "new"}, Order.VISUAL),
    (XTERM | KONSOLE, Order.LOGICAL),
    (XTERM | {"TERM_PROGRAM": "Apple_Terminal"}, Order.LOGICAL),
    (XTERM | {"TERM_PROGRAM": "mintty"}, Order.EXPLICIT),
    ({"TERM": "mlterm-256color"}, Order.LOGICAL),
    # Started from another terminal, whose variables they inherit.
    ({"TERM": "xterm-kitty"} | VTE, Order.VISUAL),
    ({"TERM": "alacritty"} | KONSOLE, Order.VISUAL),
    (XTERM | KONSOLE | {"TERM_PROGRAM": "vscode"}, Order.VISUAL),
    (XTERM | KONSOLE | {"TEXTUAL_DRIVER": "a:Driver"}, Order.VISUAL),
    # A multiplexer keeps BDSM to itself.
    (TMUX | VTE, Order.LOGICAL),
    (TMUX | VTE | {"TERM_PROGRAM": "tmux"}, Order.LOGICAL),
    (TMUX | KONSOLE, Order.LOGICAL),
    (TMUX, Order.VISUAL),
    (SCREEN | {"TERM_PROGRAM": "Apple_Terminal"}, Order.LOGICAL),
    (SCREEN, Order.VISUAL),
]


@pytest.mark.parametrize(("environment", "order"), CASES)
def test_each_terminal_gets_the_order_it_shows_right(environment, order):
    assert order_of("auto", environment) is order


@pytest.mark.parametrize("environment", [environment for environment, _ in CASES])
def test_what_was_asked_for_holds_in_every_terminal(environment):
    assert order_of("logical", environment) is Order.LOGICAL
    assert order_of("visual", environment) is not Order.LOGICAL


def test_who_asks_for_visual_order_has_an_unknown_terminal_told():
    assert order_of("visual", XTERM) is Order.EXPLICIT
    assert order_of("visual", TMUX) is Order.VISUAL
