import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in (ROOT / "specs").glob("*.md") if path.name != "README.md")


@pytest.fixture(scope="module")
def known_tests() -> set[str]:
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    return set(re.findall(r"^\s*(?:async )?def (test_\w+)", "\n".join(texts), re.MULTILINE))


def test_every_page_is_in_the_index() -> None:
    listed = re.findall(r"^\| \[\w+\]\((.+?\.md)\)", (ROOT / "specs/README.md").read_text(), re.M)
    assert sorted(listed) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path, known_tests: set[str]) -> None:
    # A name with a dot or a slash beside it is a module's.
    named = set(re.findall(r"(?<![\w./])test_\w+(?![\w./])", page.read_text()))
    assert named - known_tests == set()
    assert named, "a page of promises must name the tests that hold them"
