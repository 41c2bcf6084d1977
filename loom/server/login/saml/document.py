"""XML from outside: parsed without a single liberty, and of a shape that wrapping attacks lack."""

import re

from lxml import etree

from loom.server.login.failures import LoginFailed
from loom.server.login.saml.names import ds, saml, samlp

Element = etree._Element

MAX_SIZE = 256 * 1024
"""Bytes of a document. Okta's responses have about ten thousand."""

_DECLARATION = re.compile(r"\s*<\?xml\s[^>]*\?>")
_ID_NAMES = frozenset({"ID", "Id", "id", "AssertionID", "{http://www.w3.org/XML/1998/namespace}id"})


def parsed(data: bytes) -> Element:
    """The document's root.

    Comments, processing instructions, CDATA sections and document types are refused in the bytes,
    before any parser sees them: no entity is ever declared, no text is ever split, and what a
    person reads is what was signed. The encoding is UTF-8, whatever the document says of itself.

    Raises:
        LoginFailed: it is too large, not XML, or has what is refused here.
    """
    if len(data) > MAX_SIZE:
        raise malformed(f"it has more than {MAX_SIZE:,} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed("it is not UTF-8") from error
    body = _DECLARATION.sub("", text, count=1)
    if "<!" in body or "<?" in body:
        raise malformed("it has a document type, a comment, CDATA or a processing instruction")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise malformed("it is not well-formed XML") from error


def malformed(reason: str) -> LoginFailed:
    """The refusal of a document; `reason` is for the log."""
    return LoginFailed(
        "saml_malformed",
        "the identity provider's answer is not one that Loom accepts",
        "Sign in again; when this comes again, tell whoever runs this server: the log says more.",
        reason,
    )


def require_plain_response(root: Element) -> Element:
    """The one assertion of a Response, plain or encrypted.

    Signature wrapping (XSW 1 to 8) needs a second Response, a second assertion, a signature that
    stands elsewhere, an Object inside a signature, or an ID that two elements have: none of them
    passes.

    Raises:
        LoginFailed: the document has another shape.
    """
    if root.tag != samlp("Response"):
        raise malformed("the root is not a Response")
    require_unique_ids(root)
    found = list(root.iter(saml("Assertion"), saml("EncryptedAssertion")))
    if len(found) != 1 or found[0].getparent() is not root:
        raise malformed(f"it has {len(found)} assertions instead of one below the Response")
    if len(list(root.iter(samlp("Response")))) != 1:
        raise malformed("it has a Response inside")
    require_own_signatures(root, (root, found[0]))
    return found[0]


def require_own_signatures(root: Element, owners: tuple[Element, ...]) -> None:
    """Raises LoginFailed when a signature stands anywhere but once directly below an owner."""
    seen: set[Element] = set()
    for signature in root.iter(ds("Signature")):
        parent = signature.getparent()
        if parent is None or parent not in owners or parent in seen:
            raise malformed("a signature stands where none belongs")
        seen.add(parent)
    if next(root.iter(ds("Object")), None) is not None:
        raise malformed("a signature has an Object inside")


def require_unique_ids(root: Element) -> None:
    """Raises LoginFailed when two elements have the same id, in whatever attribute."""
    seen: set[str] = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in _ID_NAMES and str(value) in seen:
                raise malformed("an ID occurs twice")
            if name in _ID_NAMES:
                seen.add(str(value))


def only(parent: Element, tag: str) -> Element | None:
    """The child with this tag; None where there is none. Raises LoginFailed where there are two."""
    children = parent.findall(tag)
    if len(children) > 1:
        raise malformed(f"it has {len(children)} {etree.QName(tag).localname} in one place")
    return children[0] if children else None


def text_of(element: Element | None) -> str:
    """All the text inside, trimmed; "" for None. Raises LoginFailed when elements are inside."""
    if element is None:
        return ""
    if len(element):
        raise malformed(f"{etree.QName(element).localname} has elements inside")
    return (element.text or "").strip()
