"""A caret in the transcript: goes by character, word and line, selects, copies, opens."""

from collections.abc import Callable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, message
from textual.binding import Binding, BindingType
from textual.strip import Strip

from loom.widgets.transcript.flow import GUTTER
from loom.widgets.transcript.selecting import SelectView
from loom.widgets.transcript.spots import Spot, cell_of
from loom.widgets.transcript.targets import Target, target_at

_HINTS = (" copy mode: v selects · y copies · Esc leaves ", " copy mode · Esc leaves ")


class CopyView(SelectView):
    """Items with a copy mode. While it lasts the view does not follow the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "copy_mode", "Select by keys", id="transcript.copy_mode"),
    ]
    """
    | Key | Description |
    | :- | :- |
    | v | Copy mode begins. In it: |
    | arrows, h, j, k, l | One character or line. |
    | w, b, e | The next word, the one before, the end of a word. |
    | 0, home, $, end | The start of the line, its end. |
    | u, pageup, d, pagedown | Half a page. |
    | g, G | The first line, the last. |
    | v, space, V | Begin to select, or end that; by lines. |
    | y, Y | Copy what is selected, else the line: as it reads, as markdown. |
    | enter, o | Copy what is selected; else open the address or file at the caret. |
    | escape, q | Leave. |
    """

    class Opened(message.Message):
        """A person wants to open what is at the caret or under the mouse."""

        def __init__(self, target: Target) -> None:
            super().__init__()
            self.target = target

    _caret: Spot | None = None

    @property
    def caret(self) -> Spot | None:
        """Where copy mode is; None outside it."""
        if self._caret is not None and not self._spots.is_there(self._caret):
            self._caret = None
        return self._caret

    def action_copy_mode(self) -> None:
        """Begin at the top of the item at the cursor, as far as it is in view."""
        if not self._flow.items:
            return
        place = self._chosen_place
        index = self._last_in_view() if place is None else place
        top = max(self._flow.body(index), self.top)
        self._caret = self._spots.at(top, 0)
        self._note_anchor()
        self.select(None, None)
        self._show_caret()

    def leave_copy_mode(self) -> None:
        """Out of it, with nothing selected; the end is followed again if it is in view."""
        self._caret = None
        self.select(None, None)
        self._note_anchor()

    def on_key(self, event: events.Key) -> None:
        """In copy mode every key that is no shortcut of the screen's belongs to it."""
        if self.caret is None:
            return
        action = self._keys.get(event.key)
        if action is not None or event.is_printable:
            event.stop()
            event.prevent_default()
        if action is not None:
            action()

    def on_click(self, event: events.Click) -> None:
        """Ctrl and a click open what is under the mouse; any other click leaves copy mode."""
        self._caret = None
        spot = self._spot_at(event.offset)
        if event.ctrl and spot is not None:
            self._open_at(spot)

    def on_resize(self) -> None:
        """The caret is on the same word of the new lines."""
        if self._caret is not None and self._anchor is None:
            self.leave_copy_mode()

    def dressed(self, row: int, strip: Strip) -> Strip:
        """The caret, and in the last row what the keys do."""
        strip = super().dressed(row, strip)
        caret = self.caret
        if caret is None:
            return strip
        if row == self.size.height - 1:
            strip = self._with_hint(strip)
        if self._spots.line_of(caret) != self.top + row:
            return strip
        return _with_caret(strip, GUTTER + cell_of(self._spots.text(caret), caret.column))

    def _with_hint(self, strip: Strip) -> Strip:
        for hint in _HINTS:
            room = strip.cell_length - len(hint)
            if room > 0:
                mark = Segment(hint, self.inks("text", "selection"))
                return Strip([*strip.crop(0, room), mark], strip.cell_length)
        return strip

    @property
    def _holds_still(self) -> bool:
        return super()._holds_still or self._caret is not None

    @property
    def _keys(self) -> dict[str, Callable[[], None]]:
        half = max(1, self.size.height // 2)
        moves: list[tuple[str, Callable[[Spot], Spot | None]]] = [
            ("left,h", self._left),
            ("right,l", self._right),
            ("up,k", self._spots.above),
            ("down,j", self._spots.below),
            ("w", self._next_word),
            ("b", self._word_before),
            ("e", self._word_end),
            ("0,home", lambda spot: spot._replace(column=0)),
            ("dollar_sign,end", self._line_end),
            ("u,pageup", lambda spot: self._times(half, self._spots.above, spot)),
            ("d,pagedown", lambda spot: self._times(half, self._spots.below, spot)),
            ("g", lambda spot: self._spots.first()),
            ("G", lambda spot: self._spots.last()),
        ]
        others: list[tuple[str, Callable[[], None]]] = [
            ("v,space", lambda: self._begin(by_lines=False)),
            ("V", lambda: self._begin(by_lines=True)),
            ("y", lambda: self._copy(as_markdown=False)),
            ("Y", lambda: self._copy(as_markdown=True)),
            ("enter,o", self._copy_or_open),
            ("escape,q", self.leave_copy_mode),
        ]
        table = {key: self._mover(move) for keys, move in moves for key in keys.split(",")}
        return table | {key: action for keys, action in others for key in keys.split(",")}

    def _settle(self) -> None:
        has_moved = bool(self._weights) and self._flow.width != self._weighed_at
        super()._settle()
        if has_moved and self._caret is not None:
            self._caret = self._head

    def _mover(self, move: Callable[[Spot], Spot | None]) -> Callable[[], None]:
        def go() -> None:
            spot = move(self._caret) if self._caret else None
            if spot is None:
                return
            last = max(0, len(self._spots.text(spot)) - 1)
            self._caret = spot._replace(column=min(spot.column, last))
            if self._anchor is not None:
                self.select(self._anchor, self._caret, by_lines=self._by_lines)
            self._show_caret()

        return go

    def _begin(self, *, by_lines: bool) -> None:
        is_same = self._anchor is not None and self._by_lines == by_lines
        anchor = None if is_same else self._anchor or self._caret
        self.select(anchor, self._caret if anchor else None, by_lines=by_lines)

    def _copy(self, *, as_markdown: bool) -> None:
        if self.span is None:
            self.select(self._caret, self._caret, by_lines=True)
        self.app.copy_to_clipboard(self.selected_text(as_markdown=as_markdown))
        self.leave_copy_mode()

    def _copy_or_open(self) -> None:
        if self.span is not None:
            self._copy(as_markdown=False)
        elif self._caret is not None:
            self._open_at(self._caret)

    def _open_at(self, spot: Spot) -> None:
        target = target_at(*self._spots.whole_line(spot))
        if target is not None:
            self.post_message(self.Opened(target))

    def _show_caret(self) -> None:
        """Scroll as little as shows it; what comes into view may turn out taller."""
        for _ in range(4):
            caret = self._caret
            line = self._spots.line_of(caret) if caret else self.top
            if line < self.top:
                self.go_to(line)
            elif line >= self.top + self.size.height - 1:
                self.go_to(line - self.size.height + 2)
            else:
                break
        self.refresh()

    def _left(self, spot: Spot) -> Spot:
        text, column = self._spots.text(spot), spot.column - 1
        while column > 0 and not cell_of(text[column], 1):
            column -= 1
        return spot._replace(column=max(0, column))

    def _right(self, spot: Spot) -> Spot:
        text, column = self._spots.text(spot), spot.column + 1
        while column < len(text) and not cell_of(text[column], 1):
            column += 1
        return spot._replace(column=column)

    def _line_end(self, spot: Spot) -> Spot:
        return spot._replace(column=max(0, len(self._spots.text(spot).rstrip()) - 1))

    def _next_word(self, spot: Spot) -> Spot | None:
        text, column = self._spots.text(spot), spot.column
        while column < len(text) and not text[column].isspace():
            column += 1
        return self._first_word(spot, column)

    def _first_word(self, spot: Spot, column: int) -> Spot | None:
        """The first word from a column on, on this line or one below."""
        text = self._spots.text(spot)
        rest = text[column:].lstrip()
        if rest:
            return spot._replace(column=len(text) - len(rest))
        below = self._spots.below(spot)
        return self._first_word(below, 0) if below else self._line_end(spot)

    def _word_before(self, spot: Spot) -> Spot | None:
        before = self._spots.text(spot)[: spot.column].rstrip()
        if before:
            return spot._replace(column=len(before) - len(before.split()[-1]))
        above = self._spots.above(spot)
        return self._word_before(above._replace(column=1 << 20)) if above else None

    def _word_end(self, spot: Spot) -> Spot | None:
        next_one = spot._replace(column=spot.column + 1)
        start = self._first_word(next_one, next_one.column)
        if start is None:
            return None
        word = self._spots.text(start)[start.column :].split()
        return start._replace(column=start.column + len(word[0]) - 1) if word else start

    @staticmethod
    def _times(count: int, move: Callable[[Spot], Spot | None], spot: Spot) -> Spot:
        for _ in range(count):
            spot = move(spot) or spot
        return spot


def _with_caret(strip: Strip, cell: int) -> Strip:
    """The strip with one cell, or a wide character of two, the other way round."""
    before, rest = strip.crop(0, cell), strip.crop(cell)
    text = rest.text[:1] or " "
    after = rest.crop(max(1, cell_of(text, 1)))
    style = next(iter(rest), Segment(" ")).style or Style.null()
    return Strip([*before, Segment(text, style + Style(reverse=True)), *after])
