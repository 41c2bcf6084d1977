import pytest

from loom.server.pages.html import Html, rendered, tag


def test_text_and_attributes_are_escaped() -> None:
    made = tag("p", "<script>&\"'", title="\"><script>'")
    assert made.text == (
        '<p title="&quot;&gt;&lt;script&gt;&#x27;">&lt;script&gt;&amp;&quot;&#x27;</p>'
    )


def test_tags_nest_and_what_is_none_is_left_out() -> None:
    rows = (tag("li", each) for each in ("a", 2))
    assert tag("ul", rows, None, class_="x").text == '<ul class="x"><li>a</li><li>2</li></ul>'
    assert tag("input", required=True, disabled=False, value=None).text == "<input required>"
    assert tag("a", "x", href="/y", aria_label="z").text == '<a href="/y" aria-label="z">x</a>'
    assert rendered(Html("<b>")) == "<b>"


@pytest.mark.parametrize("name", ["href", "src", "action", "formaction"])
@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JavaScript:x", "data:text/html,x", "//evil.example"),
        *("/\\evil.example", "vbscript:x", "\tjavascript:x", "account", "https://a\n", ""),
    ],
)
def test_an_address_that_could_run_something_is_refused(name: str, address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        tag("a", "x", **{name: address})


@pytest.mark.parametrize("address", ["/account", "#top", "https://a.example", "mailto:a@b"])
def test_usual_addresses_are_taken(address: str) -> None:
    assert address in tag("a", "x", href=address).text
