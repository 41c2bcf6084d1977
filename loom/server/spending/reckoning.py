"""What an answer took whose tokens nobody told, or not to the end: reckoned, and rather too much.

A provider charges for what it read and made, whoever left meanwhile and whatever was shown of it.
"""

from loom.core.messages import Usage
from loom.server.asked import Asked

TOKENS_PER_SECOND = 150
"""More than models commonly make, of thinking that nobody sees too."""


def reckoned(told: Usage, asked: Asked, size: int, bytes_per_token: int, seconds: float) -> Usage:
    """At least what was told, what `size` bytes of answer hold, and what the time was enough for.

    Args:
        seconds: since the provider had the request.
    """
    is_read = told.context_tokens > told.output_tokens
    made = max(size // bytes_per_token, round(seconds * TOKENS_PER_SECOND) * asked.count)
    if asked.max_tokens is not None:
        made = min(made, asked.max_tokens * asked.count)
    return Usage(
        told.input_tokens if is_read else asked.taken,
        max(told.output_tokens, made),
        told.cache_read_tokens,
        told.cache_write_tokens,
        told.cache_write_long_tokens,
    )


def is_reckonable(told: Usage, asked: Asked) -> bool:
    """Whether the body's bytes say enough; what is read beside them, or anew, they do not tell."""
    is_read = told.context_tokens > told.output_tokens
    return not asked.uses and (is_read or not asked.is_open)
