"""Exit statuses: 0 done, 1 failed, 2 wrong usage (argparse's own), and the two below.

Source: the shell's convention of 128 and the signal's number, SIGINT and SIGPIPE.
"""

FAILED, WRONG_USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141
