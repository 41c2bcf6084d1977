import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.server.addresses import folded, is_address
from loom.server.auth.next_page import HOME, safe_next


@pytest.mark.parametrize(
    "text",
    ["ann@acme.example", "a.b+tag@sub.acme.example", "dev@localhost", "jürgen@bücher.example"],
)
def test_an_address_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "@acme.example", "ann@", "ann@@acme.example", "a@b@c", "ann @acme.example"),
        *("ann@acme.example\r\nBcc: all@acme.example", "ann@acme.example\n", "\tann@acme.example"),
        *("ann@acme.example,bob@acme.example", "ann@acme.example;bob@acme.example"),
        *("Ann <ann@acme.example>", '"ann"@acme.example', "ann@[127.0.0.1]", "ann\\@acme.example"),
        *("ann@acme.example\x00", "ann@acme\u2028example", "ann\u202e@acme.example"),
        *("a" * 65 + "@acme.example", "a@" + "b" * 253),
    ],
)
def test_what_could_mean_more_than_one_mailbox_is_none(text: str) -> None:
    assert not is_address(text)


def test_only_the_case_of_ascii_letters_is_folded() -> None:
    assert folded(" Ann@ACME.Example ") == "ann@acme.example"
    assert folded("\u212a\u0130\u00c4ss") == "\u212a\u0130\u00c4ss"


@pytest.mark.parametrize(
    "path", ["/account", "/device?user_code=123-456-789", "/a/b%2F%2Fc?x=//y#z", "/"]
)
def test_a_page_of_ours_is_gone_back_to(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "account", "https://evil.example", "HTTP://evil.example", "//evil.example"),
        *("///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example"),
        *("/\n/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example"),
        *("javascript:alert(1)", "data:text/html,x", "mailto:a@b", "/\x00/evil.example"),
        *("/.//evil.example", "/a/..//evil.example", "/é", "/\u2044evil.example", "/" + "a" * 2001),
        *("http:evil.example", "/\r\nLocation: https://evil.example", "@evil.example"),
    ],
)
def test_no_other_page_is_gone_to_after_signing_in(path: str) -> None:
    assert safe_next(path) == HOME


@given(st.text(alphabet="/\\.:@?#%\t\n a0-é"))
def test_whatever_is_asked_a_browser_stays_on_our_site(path: str) -> None:
    from yarl import URL

    base = URL("https://loom.example/login")
    # As a browser reads it: control characters dropped, backslash for slash (WHATWG URL §4.4).
    read = safe_next(path).replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert base.join(URL(read)).host == "loom.example"
