"""Whether lines are put in the order they stand, or left to what shows them."""

from contextvars import ContextVar

IS_LOGICAL: ContextVar[bool] = ContextVar("is_logical", default=False)
"""Set where the lines go to something that reorders them by itself: some terminals do."""
