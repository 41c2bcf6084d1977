"""Markdown as HTML."""

from loom.redact import Redactor
from loom.server.pages.html import rendered
from loom.server.pages.prose import Prose


def html(text: str, effort: float = 60.0) -> str:
    return rendered(Prose(Redactor().redact, effort).markdown(text))


def test_markdown_becomes_html() -> None:
    assert html("# A\n\n**b** _c_ ~~d~~ `e`") == (
        "<h3>A</h3><p><strong>b</strong> <em>c</em> <s>d</s> <code>e</code></p>"
    )
    assert html("3. x\n4. y") == '<ol start="3"><li>x</li><li>y</li></ol>'
    assert html("> q") == "<blockquote><p>q</p></blockquote>"


def test_a_link_tells_nothing_and_an_image_is_one() -> None:
    link = '<a href="https://e.example/" rel="noopener noreferrer nofollow"'
    assert link in html("[x](https://e.example/)")
    assert "<img" not in html("![x](https://e.example/a.png)")
    assert "<a" not in html("[x](javascript:1) [y](//e.example) [z](/own)")


def test_a_page_that_takes_too_long_goes_on_as_plain_text() -> None:
    assert html("**b** <i>", effort=0.0) == "<pre>**b** &lt;i&gt;</pre>"


def test_only_known_languages_and_short_lines_are_coloured() -> None:
    assert "<span" in html("```python\ndef f(): pass\n```")
    assert "<span" not in html("```tads3\ndef f(): pass\n```")
    assert "<span" not in html(f"```python\ndef f(): {'x' * 400}\n```")


def test_quotes_in_quotes_have_a_bottom() -> None:
    assert html(">" * 60 + " x").count("<blockquote>") < 30
