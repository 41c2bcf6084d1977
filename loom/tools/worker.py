"""The other side of `loom.tools.child`: `python -P -m loom.tools.worker JOB`, packed in and out."""

import sys


def main(job: str) -> None:
    """Do one job: its request comes on stdin, its answer goes to stdout.

    change: an EditJob or WriteJob in, a Change or Refusal out.
    files: lines in and out for as long as someone completes file names, see loom.tools.files.
    list: a ListJob in, a Listing out.
    search: a SearchJob in, ripgrep's JSON lines out as they are found.
    """
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    # Each job imports its own, so that none waits for what only another needs.
    if job == "change":
        from loom.tools.change import work_out_packed

        answers.write(work_out_packed(requests.read()))
    elif job == "files":
        from loom.tools.files.serving import serve

        serve(requests, answers)
    elif job == "list":
        from loom.tools.listing import list_packed

        answers.write(list_packed(requests.read()))
    elif job == "search":
        from loom.tools.searching import search_packed

        search_packed(requests.read(), answers)


if __name__ == "__main__":
    main(sys.argv[1])
