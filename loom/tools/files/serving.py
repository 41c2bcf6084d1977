"""The worker's loop: queries in, answers out, one JSON object a line.

First comes what to look into: `{"workspace": path, "git": how git is called}`. A query is
`{"number": n, "query": letters, "recent": [paths, latest first]}`. It may be answered many times,
`{"number": n, "rows": [[path, [position, ...]], ...], "is_final": bool}`, each answer better than
the one before; `rows` is null when only `is_final` is news. A query that another one follows
closely may stay without an answer.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

from loom.tools.files.catalogue import Catalogue
from loom.tools.files.index import Found

IDLE = 60.0
"""Seconds without a query after which the worker ends, and its memory with it."""
_FEW = 8
_SWITCH = 0.0005

_CHANGED = object()
_END = object()


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end or cease."""
    # A query waits for no more than this until the thread that renews the list lets it go on.
    sys.setswitchinterval(_SWITCH)
    opening = json.loads(requests.readline())
    inbox: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_read, args=(requests, inbox), daemon=True).start()
    catalogue = Catalogue(Path(opening["workspace"]), opening["git"], lambda: inbox.put(_CHANGED))
    with suppress(BrokenPipeError):
        _Clerk(catalogue, inbox, answers).work()


def _read(requests: BinaryIO, inbox: "SimpleQueue[Any]") -> None:
    for line in requests:
        inbox.put(json.loads(line))
    inbox.put(_END)


class _Clerk:
    """Has one query at a time: the latest."""

    def __init__(self, catalogue: Catalogue, inbox: "SimpleQueue[Any]", answers: BinaryIO) -> None:
        self._catalogue = catalogue
        self._inbox = inbox
        self._answers = answers
        self._query: dict[str, Any] | None = None
        self._rows: list[Found] | None = None

    def work(self) -> None:
        with suppress(Empty):
            while (message := self._inbox.get(timeout=IDLE)) is not _END:
                if message is not _CHANGED:
                    self._query, self._rows = message, None
                if self._inbox.empty() and self._is_worth_answering:
                    self._answer()

    @property
    def _is_worth_answering(self) -> bool:
        """While the list grows, an answer is given again only where it was poor."""
        return self._query is not None and (
            self._catalogue.is_complete or self._rows is None or len(self._rows) < _FEW
        )

    def _answer(self) -> None:
        if (query := self._query) is None:
            return
        index = self._catalogue.look()
        self._catalogue.hush()
        try:
            for rows in index.search(query["query"], query["recent"]):
                self._say(query["number"], rows, is_final=False)
                if not self._inbox.empty():
                    return
        finally:
            self._catalogue.unhush()
        if self._catalogue.is_complete:
            self._say(query["number"], self._rows, is_final=True)
            self._query = None

    def _say(self, number: int, rows: list[Found] | None, *, is_final: bool) -> None:
        news = rows if rows != self._rows else None
        self._rows = rows
        if news is not None or is_final:
            answer = {"number": number, "rows": news, "is_final": is_final}
            self._answers.write(json.dumps(answer).encode() + b"\n")
            self._answers.flush()
