from typing import Any

import pytest

from loom.server.login.failures import LoginFailed
from loom.server.login.vouching import is_googles_own, require_own_address


@pytest.mark.parametrize(
    ("claims", "is_own"),
    [
        ({"email": "ann@gmail.com"}, True),
        ({"email": "Ann@GoogleMail.com"}, True),
        ({"email": "ann@acme.example", "hd": "acme.example"}, True),
        # An account that somebody made when they worked there.
        ({"email": "ann@acme.example"}, False),
        ({"email": "ann@acme.example", "hd": ""}, False),
        ({"email": "ann@acme.example", "hd": True}, False),
        ({"email": "ann@gmail.com.evil.example"}, False),
        ({}, False),
    ],
)
def test_google_knows_its_own_mailboxes_and_workspaces(
    claims: dict[str, Any], *, is_own: bool
) -> None:
    assert is_googles_own(claims) is is_own


@pytest.mark.parametrize(
    "email",
    [
        "ann@sub.acme.example",
        "ann@acme.example.evil.example",
        "ann@evilacme.example",
        "ann@acme.example@evil.example",
        "",
    ],
)
def test_a_domain_is_the_domain_and_nothing_like_it(email: str) -> None:
    require_own_address("ann@ACME.example", ("acme.example",))
    with pytest.raises(LoginFailed):
        require_own_address(email, ("acme.example",))
