"""Every widget test may take pictures."""

from tests.snapshots import snap

__all__ = ["snap"]
