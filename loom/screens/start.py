"""What the app is opened with."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from loom.terminal.order import Order

if TYPE_CHECKING:
    from loom.api.clients.shares import SharesClient
    from loom.host.base import SessionHost
    from loom.screens.usage import Read
    from loom.threads.glimpse import Glimpse
    from loom.widgets.keys import Keymap

# Named only: the host's imports are paid after the first paint.
OpenHost: TypeAlias = "Callable[[], AbstractAsyncContextManager[SessionHost]]"


class Start(Struct, frozen=True):
    """Everything the command line decided.

    Attributes:
        open_host: yields the host; entered only after the first paint.
        prompt: sent at once.
        draft: put into the input, not sent.
        server_url: the server that was named; empty for the one in this process.
        resume: id or prefix of the thread to open; `""` is the last one of this workspace, None a
            new thread.
        notes: warnings to show.
        last_title: of a thread that the welcome offers to go on with.
        history: where sent lines are kept; None keeps nothing.
        report_crash: writes a defect down and says where; called before the app ends.
        on_built: called after the first frame, and when the host stands: what there is, stays.
        is_inline: the conversation is left in the terminal's own scrollback.
        glimpse: reads the end of the thread to open, in a worker; None where that cannot be read.
        is_demo: the welcome tells what to do.
        keymap: the person's own keys by the names of actions.
        environment: of the terminal: where its clipboard, editor and browser are.
        order: who puts text from right to left in order.
        read_usage: what requests of the last days cost, and the budgets; None where nobody knows.
        shares: asks who else reads the person's threads; None where they are on no server of
            others.
        kept_copy: the file for a copied text that no clipboard takes; None keeps nothing.
    """

    open_host: OpenHost
    workspace: Path
    provider: str = "anthropic"
    model: str = "default"
    mode: str = "ask"
    theme: str = "loom-dark"
    server_url: str = ""
    prompt: str = ""
    draft: str = ""
    resume: str | None = None
    is_private: bool = False
    notes: tuple[str, ...] = ()
    last_title: str = ""
    history: Path | None = None
    read_usage: "Read | None" = None
    shares: "Callable[[], SharesClient | None]" = lambda: None
    report_crash: Callable[[BaseException], str] = lambda error: ""
    on_built: Callable[[], None] = lambda: None
    glimpse: "Callable[[], Glimpse | None]" = lambda: None
    is_demo: bool = False
    is_inline: bool = False
    reduced_motion: bool = False
    keymap: "Keymap" = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    order: Order = Order.VISUAL
    kept_copy: Path | None = None
