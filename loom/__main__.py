"""`python -m loom` is `loom`."""

import sys

from loom.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
