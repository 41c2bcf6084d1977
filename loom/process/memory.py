"""Keeping other processes out of this one's memory."""

import sys

_PR_SET_DUMPABLE = 4


def make_undumpable() -> bool:
    """Forbid other processes of this user to read this one's memory and environment (Linux).

    Root may still. Core dumps end too. Returns whether it is so. Source: prctl(2),
    PR_SET_DUMPABLE.
    """
    if sys.platform != "linux":
        return False
    # Only long-lived programs need it; the others start sooner without it.
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return bool(prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
