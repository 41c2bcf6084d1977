"""Whether a signed assertion is for us, now, and for this request (SAML profiles §4.1.4)."""

from dataclasses import dataclass
from datetime import datetime

from loom.server.addresses import is_address
from loom.server.login.failures import LoginFailed
from loom.server.login.saml.document import Element, malformed, only, text_of
from loom.server.login.saml.names import BEARER, saml

SKEW_MS = 120_000
"""How far the identity provider's clock may be from ours."""

_EMAIL_NAMES = (
    "email",
    "mail",
    "emailaddress",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
)
_DISPLAY_NAMES = (
    "displayname",
    "name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "urn:oid:2.16.840.1.113730.3.1.241",
)
_EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_TRANSIENT_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


@dataclass(frozen=True)
class Audience:
    """Whom we are and whom we believe: `issuer` is the identity provider's entity id."""

    issuer: str
    entity_id: str
    acs_url: str


@dataclass(frozen=True)
class Assertion:
    """What an assertion that passed every check says.

    Attributes:
        subject: the provider's own id of the person; "" for one that is another each time.
        in_response_to: the request that it answers; "" when nobody asked.
        expires_at: Unix milliseconds until which it could be shown again.
    """

    id: str
    subject: str
    email: str
    name: str
    in_response_to: str
    expires_at: int


def checked(assertion: Element, audience: Audience, now_ms: int) -> Assertion:
    """What `assertion` says, if it is for us and now. Raises LoginFailed when it is not.

    Args:
        assertion: as `signature` gave it back.
    """
    if assertion.get("Version") != "2.0" or not assertion.get("ID"):
        raise malformed("it is not an assertion of SAML 2.0")
    if text_of(only(assertion, saml("Issuer"))) != audience.issuer:
        raise _not_ours("saml_issuer", "another issuer than [login.okta] names")
    ends = _require_conditions(assertion, audience, now_ms)
    _require_authentication(assertion, now_ms)
    subject = only(assertion, saml("Subject"))
    name_id = None if subject is None else only(subject, saml("NameID"))
    if subject is None or not text_of(name_id):
        raise malformed("it names nobody")
    in_response_to, confirmed_until = _confirmed(subject, audience, now_ms)
    values = _attributes(assertion)
    return Assertion(
        id=str(assertion.get("ID")),
        subject=_lasting(name_id),
        email=_email(values, name_id),
        name=next((values[each] for each in _DISPLAY_NAMES if each in values), ""),
        in_response_to=in_response_to,
        expires_at=max(ends, confirmed_until) + SKEW_MS,
    )


def _require_conditions(assertion: Element, audience: Audience, now_ms: int) -> int:
    """When it ends, in Unix milliseconds."""
    conditions = only(assertion, saml("Conditions"))
    if conditions is None:
        raise malformed("it has no Conditions")
    ends = _require_time(conditions, now_ms)
    restrictions = conditions.findall(saml("AudienceRestriction"))
    for restriction in restrictions:
        named = [text_of(each) for each in restriction.findall(saml("Audience"))]
        if audience.entity_id not in named:
            raise _not_ours("saml_audience", f"it is for {named}, not for {audience.entity_id}")
    if not restrictions:
        raise _not_ours("saml_audience", "it does not say for whom it is")
    return ends


def _require_authentication(assertion: Element, now_ms: int) -> None:
    statements = assertion.findall(saml("AuthnStatement"))
    if not statements:
        raise malformed("it has no AuthnStatement")
    for statement in statements:
        ends = statement.get("SessionNotOnOrAfter")
        if ends is not None and _time(ends) + SKEW_MS <= now_ms:
            raise _late(_time(ends), now_ms)


def _confirmed(subject: Element, audience: Audience, now_ms: int) -> tuple[str, int]:
    """The request that it answers, and until when. Every bearer's confirmation must be for us."""
    found = None
    for confirmation in subject.findall(saml("SubjectConfirmation")):
        data = only(confirmation, saml("SubjectConfirmationData"))
        if confirmation.get("Method") != BEARER or data is None or found is not None:
            raise malformed("it has not exactly one bearer's confirmation")
        if data.get("Recipient") != audience.acs_url:
            raise _not_ours("saml_recipient", f"it is for {data.get('Recipient')}")
        found = str(data.get("InResponseTo", "")), _require_time(data, now_ms)
    if found is None:
        raise malformed("it has not exactly one bearer's confirmation")
    return found


def _require_time(element: Element, now_ms: int) -> int:
    begins, ends = element.get("NotBefore"), element.get("NotOnOrAfter")
    if ends is None:
        raise malformed("it does not say when it ends")
    if _time(ends) + SKEW_MS <= now_ms:
        raise _late(_time(ends), now_ms)
    if begins is not None and _time(begins) - SKEW_MS > now_ms:
        raise _late(_time(begins), now_ms)
    return _time(ends)


def _time(value: str) -> int:
    """Unix milliseconds of an xs:dateTime, which SAML wants in UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise malformed("a time is not one") from error
    if moment.tzinfo is None:
        raise malformed("a time has no zone")
    return int(moment.timestamp() * 1000)


def _attributes(assertion: Element) -> dict[str, str]:
    """The first value of each attribute, by its name in small letters."""
    values: dict[str, str] = {}
    for statement in assertion.findall(saml("AttributeStatement")):
        for attribute in statement.findall(saml("Attribute")):
            value = attribute.find(saml("AttributeValue"))
            values.setdefault(str(attribute.get("Name", "")).lower(), text_of(value))
    return values


def _email(values: dict[str, str], name_id: Element | None) -> str:
    for name in _EMAIL_NAMES:
        if is_address(values.get(name, "")):
            return values[name]
    is_named_by_it = name_id is not None and name_id.get("Format") == _EMAIL_FORMAT
    found = text_of(name_id) if is_named_by_it else ""
    if not is_address(found):
        raise LoginFailed(
            "no_email",
            "the identity provider did not say your e-mail address",
            "Whoever runs this server adds an attribute statement `email` to the application in"
            " the identity provider.",
        )
    return found


def _lasting(name_id: Element | None) -> str:
    is_transient = name_id is not None and name_id.get("Format") == _TRANSIENT_FORMAT
    return "" if is_transient else text_of(name_id)


def _late(moment_ms: int, now_ms: int) -> LoginFailed:
    apart = abs(now_ms - moment_ms) // 1000
    return LoginFailed(
        "saml_time",
        "the identity provider's answer is not valid at this server's time",
        "Sign in again. When this comes again, the clock of this server or of the identity"
        " provider is wrong: whoever runs them sets it by NTP.",
        f"{apart} s outside of its time",
    )


def _not_ours(code: str, detail: str) -> LoginFailed:
    return LoginFailed(
        code,
        "the identity provider's answer is for another application",
        "Whoever runs this server compares the addresses in the identity provider with those at"
        " /auth/okta/metadata.",
        detail,
    )
