"""How large a conversation is taken to be."""

from loom.core.messages import Message, Text, Usage, estimate_tokens, size_of

LONG = Message("user", (Text("x" * 4_000),))
COUNTED = Message("assistant", (Text("ok"),), usage=Usage(5_000, 20, 100, 30))


def test_a_conversation_that_was_never_counted_is_estimated():
    assert size_of((LONG, LONG)) == 2 * estimate_tokens(LONG)


def test_what_came_since_the_providers_count_is_added_to_it():
    assert size_of((LONG, COUNTED, LONG)) == 5_150 + estimate_tokens(LONG)


def test_a_count_of_a_conversation_that_was_folded_is_not_taken():
    assert size_of((LONG,) * 20 + (COUNTED,)) > 20_000
