"""Reading a timesheet and adding it up."""

from collections import defaultdict

from timesheet.clock import minutes_between, parse_time


def parse_line(line):
    """(task, minutes) of one line. Raises ValueError when the line makes no sense."""
    words = line.split(maxsplit=2)
    if len(words) != 3:
        raise ValueError("expected: DAY START-END TASK")
    _day, stretch, task = words
    start, _, end = stretch.partition("-")
    return task, minutes_between(parse_time(start), parse_time(end))


def add_up(lines):
    """Minutes of each task. Raises ValueError that names the line's number."""
    totals = defaultdict(int)
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            task, minutes = parse_line(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
        totals[task] += minutes
    return dict(totals)
