"""HTML made of tags: text is escaped, addresses are checked, nothing else gets in.

    tag("a", "Back", href="/account")        <a href="/account">Back</a>
    tag("p", name, class_="quiet")           name is text, whatever is in it

Source: WHATWG HTML §13.3 (what has to be escaped where).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that is right as it is; only what rendered it may say so."""

    text: str


Content: TypeAlias = "Html | str | int | Iterable[Content] | None"
Attribute = str | int | bool | None

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_ADDRESSES = frozenset({"href", "src", "action", "formaction", "poster", "cite"})
_SCHEMES = ("https://", "http://", "mailto:")


def tag(name: str, /, *content: Content, **attributes: Attribute) -> Html:
    """One element.

    Args:
        attributes: by name, `-` written as `_` and Python's own words with a `_` behind. True is
            an attribute without a value; False and None leave it out.

    Raises:
        ValueError: an address is neither on this server nor http(s): it might be a script.
    """
    head = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{head}>")
    return Html(f"<{name}{head}>{rendered(content)}</{name}>")


def rendered(content: Content) -> str:
    """Content as markup."""
    if content is None:
        return ""
    if isinstance(content, Html):
        return content.text
    if isinstance(content, str | int):
        return escape(str(content))
    return "".join(rendered(each) for each in content)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    if name in _ADDRESSES and not _is_safe(str(value)):
        raise ValueError(f"{name} is no address that a page may name: {value!r}")
    return f' {name}="{escape(str(value))}"'


def _is_safe(address: str) -> bool:
    is_own = address.startswith(("/", "#", "?")) and not address.startswith(("//", "/\\"))
    return (is_own or address.startswith(_SCHEMES)) and address.isprintable()
