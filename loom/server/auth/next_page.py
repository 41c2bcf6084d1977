"""Where a person goes after signing in: where they were going, if that is a page of ours."""

import re

HOME = "/account"

# Printable ASCII without backslash: browsers take `\` for `/`, and drop tabs and line breaks
# (WHATWG URL §4.4), so that `/\t/evil.example` would be another site's.
_OWN = re.compile(r"/(?!/)[!-\[\]-~]{0,2000}")


def safe_next(path: str) -> str:
    """`path` when it can only be a page of this server's, else HOME."""
    if not _OWN.fullmatch(path) or "//" in path.partition("?")[0]:
        return HOME
    return path
