import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loom.db import migrations_in, prepare
from loom.server import users
from loom.server.auth import identities
from loom.server.database import MIGRATIONS
from loom.server.errors import Refused
from loom.server.login.signing_in import Arrival, account_of
from loom.server.sections.login import LoginSettings

NOW = 1_764_000_000_000
OPEN = LoginSettings("open")
CLOSED = LoginSettings("closed")
ACME = LoginSettings("domain", frozenset({"acme.example"}))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(prepare(tmp_path / "server.db", migrations_in(MIGRATIONS))) as connection:
        yield connection


def github(subject: str = "1", email: str = "ann@acme.example", verified: bool = True) -> Arrival:
    return Arrival("github", subject, email, verified, "Ann")


def test_a_new_person_gets_an_account_and_the_first_is_an_admin(db: sqlite3.Connection) -> None:
    ann = account_of(db, github(), OPEN, NOW)
    bob = account_of(db, github("2", "bob@acme.example"), OPEN, NOW)
    assert (ann.name, ann.email, ann.roles) == ("Ann", "ann@acme.example", ("system_admin",))
    assert bob.roles == ()


def test_an_identity_finds_its_account_whatever_the_address_is_now(db: sqlite3.Connection) -> None:
    ann = account_of(db, github(), OPEN, NOW)
    moved = github(email="ann@elsewhere.example", verified=False)
    assert account_of(db, moved, CLOSED, NOW + 1).id == ann.id
    (identity,) = identities.of_user(db, ann.id)
    assert (identity.email, identity.last_used_at) == ("ann@elsewhere.example", NOW + 1)


def test_another_provider_is_linked_by_verified_address_alone(db: sqlite3.Connection) -> None:
    ann = account_of(db, github(), OPEN, NOW)
    assert account_of(db, Arrival("google", "g1", "Ann@ACME.example", True), CLOSED, NOW) == ann
    assert [each.provider for each in identities.of_user(db, ann.id)] == ["github", "google"]
    with pytest.raises(Refused, match="not verified"):
        account_of(db, Arrival("okta", "o1", "ann@acme.example", False), OPEN, NOW)
    assert identities.user_of(db, "okta", "o1") is None


def test_an_unverified_address_is_refused_alike_whether_or_not_it_is_known(
    db: sqlite3.Connection,
) -> None:
    account_of(db, github(), OPEN, NOW)
    said = []
    for email in ("ann@acme.example", "nobody@acme.example"):
        with pytest.raises(Refused) as caught:
            account_of(db, Arrival("google", "g", email, False), OPEN, NOW)
        said.append((caught.value.status, caught.value.code, caught.value.message))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("settings", "email", "is_let_in"),
    [
        (OPEN, "ann@anywhere.example", True),
        (CLOSED, "ann@acme.example", False),
        (CLOSED, "invited@acme.example", True),
        (CLOSED, "too-late@acme.example", False),
        (ACME, "ann@acme.example", True),
        (ACME, "ann@ACME.example", True),
        (ACME, "ann@sub.acme.example", False),
        (ACME, "ann@acme.example.evil.example", False),
        (ACME, "ann@evilacme.example", False),
        (ACME, "acme.example@evil.example", False),
        (ACME, "invited@elsewhere.example", False),
    ],
)
def test_who_gets_an_account_is_what_signups_says(
    db: sqlite3.Connection, settings: LoginSettings, email: str, is_let_in: bool
) -> None:
    admin = users.create(db, "Admin", "admin@acme.example", NOW)
    (org,) = db.execute("SELECT org FROM org_memberships WHERE user = ?", (admin.id,)).fetchone()
    for address, until in (("invited@acme.example", NOW + 1), ("too-late@acme.example", NOW)):
        db.execute(
            "INSERT INTO org_invitations (id, org, email, role, token_hash, created_at, expires_at)"
            " VALUES (?, ?, ?, 'member', ?, ?, ?)",
            (address, org, address, address.encode(), NOW, until),
        )
    arrival = Arrival("email", "", email, True)
    if is_let_in:
        assert account_of(db, arrival, settings, NOW).roles == ()
        return
    with pytest.raises(Refused, match="no account"):
        account_of(db, arrival, settings, NOW)
    assert users.find_by_email(db, email) is None


def test_whom_the_operator_vouches_for_gets_an_account_in_any_case(db: sqlite3.Connection) -> None:
    arrival = Arrival("email", "", "ann@acme.example", True, is_vouched_for=True)
    assert account_of(db, arrival, CLOSED, NOW).roles == ("system_admin",)
    assert identities.of_user(db, account_of(db, arrival, CLOSED, NOW).id) == []


def test_a_deleted_account_is_not_come_back_to(db: sqlite3.Connection) -> None:
    ann = account_of(db, github(), OPEN, NOW)
    db.execute("UPDATE users SET deleted_at = ? WHERE id = ?", (NOW, ann.id))
    with pytest.raises(Refused, match="deleted"):
        account_of(db, github(), OPEN, NOW)


@pytest.mark.parametrize(
    "lookalike",
    [
        "mi\u212ae@acme.example",  # the Kelvin sign, which Unicode lower-cases to k
        "m\u0456ke@acme.example",  # Cyrillic i
        "m\u0131ke@acme.example",  # dotless i
        "\uff4dike@acme.example",  # fullwidth m
        "mike@acme.example\u3002example",
    ],
)
def test_an_address_that_only_looks_alike_is_another_persons(
    db: sqlite3.Connection, lookalike: str
) -> None:
    mike = account_of(db, Arrival("email", "", "mike@acme.example", True), OPEN, NOW)
    other = account_of(db, Arrival("email", "", lookalike, True), OPEN, NOW)
    assert other.id != mike.id
    assert account_of(db, Arrival("email", "", "MIKE@Acme.Example", True), OPEN, NOW).id == mike.id
