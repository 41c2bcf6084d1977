"""The other side of `loom.tools.child`: `python -P -m loom.tools.worker JOB`, packed in and out."""

import sys


def main(job: str) -> None:
    """Do one job: its request comes on stdin, its answer goes to stdout.

    change: an EditJob or WriteJob in, a Change or Refusal out.
    list: a ListJob in, a Listing out.
    search: a SearchJob in, ripgrep's JSON lines out as they are found.
    """
    request = sys.stdin.buffer.read()
    # Each job imports its own, so that none waits for what only another needs.
    if job == "change":
        from loom.tools.change import work_out_packed

        sys.stdout.buffer.write(work_out_packed(request))
    elif job == "list":
        from loom.tools.listing import list_packed

        sys.stdout.buffer.write(list_packed(request))
    elif job == "search":
        from loom.tools.searching import search_packed

        search_packed(request, sys.stdout.buffer)


if __name__ == "__main__":
    main(sys.argv[1])
