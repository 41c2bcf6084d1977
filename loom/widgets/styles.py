"""Where the style sheets lie: one `.tcss` per widget and screen, under the same name."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


FIRST = frozenset(
    {"chat", "completion", "header", "input", "message_list", "scrollable", "status_bar"}
)
"""Names of the sheets that the first frame needs; reading them all would cost it a tenth more."""


def first_stylesheets() -> list[Path]:
    """The sheets of the first frame. Raises FileNotFoundError, as `stylesheets`."""
    return [path for path in stylesheets() if path.stem in FIRST]


def later_stylesheets() -> list[Path]:
    """The sheets of everything else, which is mounted later."""
    return [path for path in stylesheets() if path.stem not in FIRST]


def stylesheets() -> list[Path]:
    """Every style sheet, sorted by name: for an app's `CSS_PATH`.

    A wheel carries them in `loom/styles`, a checkout in the top-level `styles`.

    Raises:
        FileNotFoundError: neither folder is there, so the installation is broken.
    """
    for folder in (_PACKAGE / "styles", _PACKAGE.parent / "styles"):
        if folder.is_dir():
            return sorted(folder.glob("*.tcss"))
    raise FileNotFoundError(f"no style sheets beside {_PACKAGE}")
