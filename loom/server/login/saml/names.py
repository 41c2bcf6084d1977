"""Namespaces and qualified names."""

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
SOLICITED = "loom"
"""The RelayState of our own requests: it comes back with an answer that somebody asked for."""

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"


def saml(name: str) -> str:
    """An element of the assertion's namespace."""
    return f"{{{SAML}}}{name}"


def samlp(name: str) -> str:
    """An element of the protocol's namespace."""
    return f"{{{SAMLP}}}{name}"


def md(name: str) -> str:
    """An element of the metadata's namespace."""
    return f"{{{MD}}}{name}"


def ds(name: str) -> str:
    """An element of XML Signature."""
    return f"{{{DS}}}{name}"


def xenc(name: str) -> str:
    """An element of XML Encryption."""
    return f"{{{XENC}}}{name}"
