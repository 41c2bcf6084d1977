"""Text whose words are as frequent as those of a language: the nth by Zipf's law, about 1/n.

The same seed gives the same text on every machine.
"""

import random
from collections.abc import Sequence
from itertools import accumulate, product

from loom.core.history import Entry, MessageEntry, ToolResultEntry
from loom.core.messages import Message, Text, ToolResult, Usage

VOCABULARY, SPOKEN = 60_000, 3_000_000
LINE, LONGEST = 12, 3_000
NAMES = 20_000
STEMS = ("ka", "re", "to", "mi", "ser", "ver", "con", "pa", "lo", "di", "en", "ta", "st", "or")
ENDINGS = ("", "s", "ed", "ing", "er", "al", "in", "ne", "che", "ra", "ti", "ful")


class Corpus:
    """An endless conversation; `words` are its vocabulary, the most frequent first.

    Questions have names too, of which the same comes again after 20,000 questions.

    Every text is a piece of one long speech, because drawing each word of each text again would
    take longer than all the rest.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._asked = 0
        self.words = self._vocabulary()
        weights = list(accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))
        self._speech = self._chance.choices(self.words, cum_weights=weights, k=SPOKEN)

    def exchange(self, count: int) -> list[Entry]:
        """`count` entries: a question, then answers and results of tools in turn."""
        return [self._question(), *map(self._reply, range(1, count))]

    def text(self, median: int) -> str:
        """Lines of words, their number log-normal about `median`."""
        length = min(LONGEST, max(3, int(median * self._chance.lognormvariate(0.0, 1.0))))
        start = int(self._chance.random() * (SPOKEN - length))
        lines = (
            self._speech[at : min(at + LINE, start + length)]
            for at in range(start, start + length, LINE)
        )
        return "\n".join(map(" ".join, lines))

    def _question(self) -> Entry:
        self._asked += 1
        text = f"{self.text(20)}\n{name_of(self._asked % NAMES)}"
        return MessageEntry(Message("user", (Text(text),)))

    def _reply(self, number: int) -> Entry:
        if number % 2:
            return self._answer(number)
        call = f"toolu_{self._chance.getrandbits(96):024x}"
        return ToolResultEntry(ToolResult(call, (Text(self.text(80)),), duration_ms=number))

    def _answer(self, number: int) -> Entry:
        return MessageEntry(
            Message(
                "assistant",
                (Text(self.text(50)),),
                created_at=1_790_000_000_000 + number,
                provider="anthropic",
                model="claude-sonnet",
                usage=Usage(1_000 + number, 100 + number),
                stop_reason="end_turn",
            )
        )

    def _vocabulary(self) -> Sequence[str]:
        """The shorter the more frequent, as in a language; six letters on average as spoken."""
        words: list[str] = []
        for syllables in range(1, 5):
            made = list(map("".join, product(*[STEMS] * syllables, ENDINGS)))
            self._chance.shuffle(made)
            words += made
        return tuple(dict.fromkeys(words))[:VOCABULARY]


def name_of(number: int) -> str:
    """A word that no text has but the questions of this number; it is in their last line."""
    stems = (STEMS[number // len(STEMS) ** place % len(STEMS)] for place in range(5))
    return "".join(stems)
