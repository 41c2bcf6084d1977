"""The first line: which conversation this is, which model answers, and where the agent runs."""

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from loom.markup.clean import one_line
from loom.widgets.cells import cut, cut_left

_PRIVATE = "private"
_GAP = "  "


class Header(Widget):
    """One line. The title gives way last: first the place is shortened, then the model."""

    title: reactive[str] = reactive("")
    """The thread's title; empty reads `New thread`."""
    model: reactive[str] = reactive("")
    """The model's name, as the person chose it."""
    place: reactive[str] = reactive("")
    """The workspace's short path, or `host:path`; its end matters most."""
    is_private: reactive[bool] = reactive(False)
    """Whether the thread never leaves this machine."""

    def __init__(
        self,
        title: str = "",
        model: str = "",
        place: str = "",
        *,
        is_private: bool = False,
    ) -> None:
        super().__init__()
        self.provider = ""
        """Whose the model is; not shown."""
        self.set_reactive(Header.title, title)
        self.set_reactive(Header.model, model)
        self.set_reactive(Header.place, place)
        self.set_reactive(Header.is_private, is_private)

    def render(self) -> RenderResult:
        """The title on the left; privacy, model and place on the right."""
        width = self.size.width
        title = one_line(self.title) or "New thread"
        mark = _PRIVATE if self.is_private else ""
        room = width - min(cell_len(title), width // 2) - _width(mark)
        model = cut(one_line(self.model), max(0, room - len(_GAP)))
        place = cut_left(one_line(self.place), max(0, room - _width(model) - len(_GAP)))
        place = place if cell_len(place) > 1 else ""
        title = cut(title, width - _width(mark) - _width(model) - _width(place))
        used = cell_len(title) + _width(mark) + _width(model) + _width(place)
        return Content.assemble(
            (title, "bold $text" if self.title else "$text-muted"),
            " " * (width - used),
            (_led(mark), "$text-accent"),
            (_led(model), "$text-primary"),
            (_led(place), "$text-muted"),
        )


def _led(text: str) -> str:
    return _GAP + text if text else ""


def _width(text: str) -> int:
    return cell_len(_led(text))
