"""What a person typed, as queries of the indexes."""

from collections.abc import Iterable

WORDS = 32
WORD_CHARACTERS = 128


def head_words(query: str) -> tuple[str, ...]:
    """The words that a head line can hold: any."""
    return tuple(query.split())[:WORDS]


def words_of(query: str) -> tuple[str, ...]:
    """The words that an index of words can know: those with a letter or a digit."""
    words = (word[:WORD_CHARACTERS] for word in query.split())
    return tuple(word for word in words if any(map(str.isalnum, word)))[:WORDS]


def signs_of(query: str) -> tuple[str, ...]:
    """The words that it cannot know."""
    return tuple(word for word in head_words(query) if not any(map(str.isalnum, word)))


def expression_of(words: Iterable[str], *, is_prefix: bool = False) -> str:
    """An FTS5 query for all of `words`, each quoted: a path is a phrase of its parts.

    Source: SQLite FTS5 §3.1, strings.
    """
    star = " *" if is_prefix else ""
    return " AND ".join('"' + word.replace('"', '""') + '"' + star for word in words)


def trigrams(words: Iterable[str]) -> str:
    """An FTS5 query for the beginning, middle and end of `words`; empty when they are shorter.

    It finds too much, never too little: whoever asks compares the words themselves.
    """
    parts = [
        word[at : at + 3]
        for word in words
        if (last := len(word) - 3) >= 0
        for at in sorted({0, last // 2, last})
    ]
    return expression_of(parts)
