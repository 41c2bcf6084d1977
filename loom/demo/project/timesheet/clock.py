"""Times of day as minutes since midnight."""

DAY = 24 * 60


def parse_time(text):
    """Minutes since midnight of `HH:MM`. Raises ValueError when it is no time of day."""
    hours, colon, minutes = text.partition(":")
    if not colon or len(minutes) != 2:
        raise ValueError(f"not a time: {text!r}")
    value = int(hours) * 60 + int(minutes)
    if not 0 <= value <= DAY or int(minutes) >= 60:
        raise ValueError(f"not a time of day: {text!r}")
    return value


def minutes_between(start, end):
    """How long it is from `start` to `end`, both minutes since midnight."""
    return end - start


def format_minutes(minutes):
    """`H:MM` of a number of minutes."""
    return f"{minutes // 60}:{minutes % 60:02d}"
