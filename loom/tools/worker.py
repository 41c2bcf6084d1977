"""The other side of `loom.tools.child`: `python -P -m loom.tools.worker JOB [ARGUMENT…]`."""

import sys


def main(arguments: list[str]) -> None:
    """Do one job: its request comes on stdin, its answer goes to stdout.

    change: packed EditJob or WriteJob in, packed Change or Refusal out.
    walk: see `loom.tools.listing`.
    search: see `loom.tools.searching`.
    """
    # Each job imports its own, so that none waits for what only another needs.
    if arguments[0] == "change":
        from loom.tools.change import work_out_packed

        sys.stdout.buffer.write(work_out_packed(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main(sys.argv[1:])
