"""python3 -m timesheet FILE"""

import sys

from timesheet.clock import format_minutes
from timesheet.sheet import add_up


def main(argv):
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(argv[1], encoding="utf-8") as file:
            totals = add_up(file)
    except (OSError, ValueError) as error:
        print(f"timesheet: {error}", file=sys.stderr)
        return 1
    width = max(map(len, [*totals, "total"]))
    for task, minutes in sorted(totals.items()):
        print(f"{task:<{width}} {format_minutes(minutes):>7}")
    print(f"{'total':<{width}} {format_minutes(sum(totals.values())):>7}")
    return 0


sys.exit(main(sys.argv))
