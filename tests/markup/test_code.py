"""Code is coloured line by line, the same streamed or whole."""

from rich.style import Style

from loom.markup.code import CodePainter, Highlighter
from loom.markup.ink import Inks

PYTHON = 'def f(x):\n    """a\n    b"""\n    return x  # why'


def inks_of_lines(language, code):
    highlighter = Highlighter(language)
    return [highlighter.feed(line) for line in code.split("\n")]


def test_a_string_over_lines_stays_a_string():
    lines = inks_of_lines("python", PYTHON)
    assert ("    b", "string") in [(text[:5], ink) for text, ink in lines[2]]
    assert ("return", "keyword") in lines[3]


def test_a_comment_over_lines_stays_a_comment():
    lines = inks_of_lines("c", "int a; /* one\ntwo\nthree */ int b;")
    assert lines[0][-1] == ("/* one", "comment")
    assert lines[1] == [("two", "comment")]
    assert lines[2][0] == ("three */", "comment")
    assert ("int", "type") in lines[2]


def test_a_comments_sign_in_a_string_opens_nothing():
    lines = inks_of_lines("c", 'char *a = "/*";\nint b;')
    assert ("int", "type") in lines[1]


def test_no_text_is_lost():
    for language in ("python", "c", "json", "yaml", "html", "bash", "diff", "rust", "nothing", ""):
        lines = inks_of_lines(language, PYTHON)
        assert ["".join(text for text, _ in line) for line in lines] == PYTHON.split("\n")


def test_a_very_long_line_is_left_plain():
    assert inks_of_lines("python", "x = 1;" * 1_000) == [[("x = 1;" * 1_000, "")]]


def test_streamed_code_looks_like_the_whole():
    inks = Inks({"keyword": Style(bold=True), "string": Style(italic=True)})
    whole = CodePainter(inks).lines(PYTHON, "python", 40)
    painter = CodePainter(inks)
    for at in range(0, len(PYTHON) + 1, 3):
        painter.lines(PYTHON[:at], "python", 40)
    assert painter.lines(PYTHON, "python", 40) == whole


def test_complete_lines_are_painted_once():
    painter = CodePainter(Inks({}))
    before = painter.lines("a\nb\nc", "python", 40)
    after = painter.lines("a\nb\nc and more", "python", 40)
    assert all(old is new for old, new in zip(before[:3], after[:3], strict=True))


def test_another_block_that_begins_alike_is_painted_anew():
    painter = CodePainter(Inks({}))
    painter.lines("a\nb\nc", "python", 40)
    text = "".join(segment.text for segment in painter.lines("a\nx", "python", 40)[-1])
    assert text.strip() == "x"


def test_a_comments_sign_in_a_prompt_of_nothing_breaks_nothing():
    for line in ("/*" * 500, "/*", "<!--"):
        pieces = Highlighter("console").feed(line)
        assert "".join(text for text, _ in pieces) in (line, "")
