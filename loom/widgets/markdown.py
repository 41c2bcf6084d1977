"""A page of markdown, in the transcript's style: help, modal bodies, previews."""

from collections.abc import Iterator

from rich.segment import Segment
from textual.strip import Strip

from loom.markup.blocks import Block
from loom.markup.ink import Line
from loom.markup.parse import parse
from loom.markup.render import Renderer
from loom.widgets.scrollable import Scrollable

_MARGIN = 1


class Markdown(Scrollable):
    """Scrolls through one text; it is parsed once and rendered anew for each width."""

    DEFAULT_CSS = """
    Markdown {
        width: 1fr;
        height: 1fr;
    }
    """

    GUTTER = _MARGIN

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = text
        self._blocks: tuple[Block, ...] | None = None
        self._lines: list[Strip] = []

    @property
    def text(self) -> str:
        """The markdown that is shown."""
        return self._text

    def update(self, text: str) -> None:
        """Show another text from its start."""
        self._text, self._blocks = text, None
        self._render_again()
        self.go_to(0)

    def on_mount(self) -> None:
        """The text shows at once."""
        self._render_again()

    def on_resize(self) -> None:
        """Lines are broken anew."""
        self._render_again()

    def ink_changed(self) -> None:
        """The lines are drawn in the new inks."""
        self._render_again()

    def strips(self, first: int, count: int) -> Iterator[Strip]:
        """Lines of the text."""
        yield from self._lines[first : first + count]

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As high as the text, for `height: auto`."""
        if self._blocks is None:
            self._blocks = parse(self._text)
        return len(Renderer(self.inks).render(self._blocks, max(1, width - 2 * _MARGIN)))

    def _render_again(self) -> None:
        if not self.is_attached or not self.size:
            return
        if self._blocks is None:
            self._blocks = parse(self._text)
        width = max(1, self.text_width - 2 * _MARGIN)
        self._lines = [
            self._strip(line) for line in Renderer(self.inks).render(self._blocks, width)
        ]
        self.set_height(len(self._lines))
        self.refresh()

    def _strip(self, line: Line) -> Strip:
        base = self.inks("text")
        margin = Segment(" " * _MARGIN, base)
        return Strip([margin, *line]).adjust_cell_length(self.text_width, base)
