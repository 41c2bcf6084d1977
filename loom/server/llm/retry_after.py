"""How long a provider asks to be left alone, from its headers or its error's details."""

import time
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

_LONGEST = 24 * 3600.0


def retry_after(headers: Mapping[str, str], clock: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait, or None when the headers do not say.

    Args:
        headers: with names in lower case; `retry-after-ms` wins over `retry-after`, which is a
            number of seconds or an HTTP date.
        clock: Unix seconds, for the date.

    Source: RFC 9110 §10.2.3.
    """
    if (wait := _number(headers.get("retry-after-ms", ""))) is not None:
        return _bounded(wait / 1000)
    value = headers.get("retry-after", "")
    if (wait := _number(value)) is not None:
        return _bounded(wait)
    try:
        return _bounded(parsedate_to_datetime(value).timestamp() - clock())
    except ValueError:
        return None


def retry_delay(details: Iterable[Any]) -> float | None:
    """Seconds in the `google.rpc.RetryInfo` among an error's details, such as `"17.5s"`."""
    for detail in details:
        if isinstance(detail, dict) and isinstance(delay := detail.get("retryDelay"), str):
            wait = _number(delay.removesuffix("s"))
            return None if wait is None else _bounded(wait)
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), _LONGEST)
