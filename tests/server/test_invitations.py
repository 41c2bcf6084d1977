import pytest

from loom.server.invitation_mail import INVITATIONS
from loom.server.invitations import LIFETIME_MS
from loom.server.sections.login import LoginSettings
from tests.fakes.mailbox import link_in, mailbox, text_of
from tests.server.conftest import TeamUp
from tests.server.test_door import Clock
from tests.server.test_orgs import ask, people
from tests.server.visitor import visiting


async def test_who_was_invited_accepts_and_is_in(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email="Bob@Example.com")
    said = await loom.call("GET", f"/api/invitations/{made['token']}")
    preview = said.json()
    assert (preview["org"], preview["invited_by"], preview["role"]) == ("acme", "alice", "member")
    assert preview["email"] == "B…@Example.com"
    org = await ask(loom, bob, "POST", f"invitations/{made['token']}/accept")
    assert (org["slug"], org["role"]) == ("acme", "member")
    assert (await ask(loom, alice, "GET", "orgs/acme/invitations"))["invitations"] == []


async def test_an_invitation_is_accepted_in_a_browser(team: TeamUp) -> None:
    loom = await team(login=LoginSettings(is_dev_mode=True))
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email="dev@localhost")
    async with visiting(loom.url) as browser:
        page = await browser.open(made["link"])
        assert "alice invited d…@localhost to be a member." in page.text
        page = await browser.open(page.links["Sign in to join"])
        page = await browser.press(page.form("Sign in as dev@localhost"))
        assert "pays for your requests" in page.text
        page = await browser.press(page.form("Join"))
        assert (page.status, page.path) == (200, "/account")
        assert "acme member, and what you make belongs to it" in page.text
    members = (await ask(loom, alice, "GET", "orgs/acme/members"))["members"]
    assert [each["email"] for each in members] == ["alice@example.com", "dev@localhost"]


async def test_an_invitation_is_mailed_and_brings_in_who_has_no_account(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings, login=LoginSettings("closed"))
        (alice,) = await people(loom, "alice")
        await loom.org("acme", owner=alice)
        await ask(loom, alice, "PATCH", "users/me", name='Alice <b>"Ä"</b>')
        email = "bob@example.com"
        made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email=email)
        assert made["is_mailed"]
        letter = await box.next()
        assert (letter["To"], loom.url in text_of(letter)) == (email, True)
        assert "Alice &lt;b&gt;&quot;Ä&quot;&lt;/b&gt;" in text_of(letter, "html")
        async with visiting(loom.url) as browser:
            page = await browser.open(link_in(text_of(letter)))
            page = await browser.open(page.links["Sign in to join"])
            await browser.press(page.form("E-mail me a link"), email=email)
            page = await browser.open(await box.link())
            page = await browser.press(page.form("Sign in"))
            page = await browser.press(page.form("Join"))
        members = (await ask(loom, alice, "GET", "orgs/acme/members"))["members"]
        assert email in [each["email"] for each in members]


async def test_where_there_is_no_mail_the_link_is_handed_over(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email="bob@example.com")
    assert (made["is_mailed"], made["link"]) == (False, f"{loom.url}/invitations/{made['token']}")


async def test_nobody_has_letters_sent_without_end(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice, admin=bob)
    for number in range(INVITATIONS.burst):
        email = f"somebody{number}@example.com"
        await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email=email)
    await ask(loom, alice, "POST", "orgs/acme/invitations", 429, email="more@example.com")
    await ask(loom, bob, "POST", "orgs/acme/invitations", 201, email="more@example.com")


async def test_an_invitation_is_used_once(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email=bob.email)
    await ask(loom, bob, "POST", f"invitations/{made['token']}/accept")
    await ask(loom, bob, "DELETE", "orgs/acme/members/me", 204)
    await ask(loom, bob, "POST", f"invitations/{made['token']}/accept", 404)


# The Kelvin sign is a K to who folds case beyond ASCII.
@pytest.mark.parametrize("other", ["eve@example.com", "\u212aim@example.com"])
async def test_an_invitation_is_worth_nothing_to_another_person(team: TeamUp, other: str) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    eve = await loom.sign_up(other)
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email="kim@example.com")
    await ask(loom, eve, "POST", f"invitations/{made['token']}/accept", 403)
    await ask(loom, eve, "GET", "orgs/acme", 404)
    assert len((await ask(loom, alice, "GET", "orgs/acme/invitations"))["invitations"]) == 1


async def test_an_invitation_ends_after_thirty_days(team: TeamUp) -> None:
    clock = Clock()
    loom = await team(clock=clock)
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email=bob.email)
    clock.now += LIFETIME_MS - 1
    assert (await loom.call("GET", f"/api/invitations/{made['token']}")).status == 200
    clock.now += 1
    gone = await loom.call("GET", f"/api/invitations/{made['token']}")
    assert (gone.status, "ask for a new one" in gone.json()["hint"]) == (404, True)
    await ask(loom, bob, "POST", f"invitations/{made['token']}/accept", 404)


async def test_an_invitation_that_was_revoked_or_replaced_opens_nothing(team: TeamUp) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice)
    old = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email=bob.email)
    new = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email=bob.email.upper())
    await ask(loom, bob, "POST", f"invitations/{old['token']}/accept", 404)
    await ask(loom, alice, "DELETE", f"orgs/acme/invitations/{new['invitation']['id']}", 204)
    await ask(loom, bob, "POST", f"invitations/{new['token']}/accept", 404)


async def test_a_token_is_stored_as_a_hash_alone(team: TeamUp) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    made = await ask(loom, alice, "POST", "orgs/acme/invitations", 201, email="bob@example.com")
    (row,) = await loom.database.query("SELECT * FROM org_invitations")
    assert made["token"] not in str(row)


@pytest.mark.parametrize(
    "wrong",
    ["", "bob", "@example.com", "bob@", "a@b@c", "bob@example.com\nBcc: x@y", "a b@c", "a@b,c@d"],
)
async def test_no_invitation_goes_to_what_is_no_address(team: TeamUp, wrong: str) -> None:
    loom = await team()
    (alice,) = await people(loom, "alice")
    await loom.org("acme", owner=alice)
    await ask(loom, alice, "POST", "orgs/acme/invitations", 400, email=wrong)


async def test_who_is_in_is_not_invited_and_owners_are_not_made_by_invitation(
    team: TeamUp,
) -> None:
    loom = await team()
    alice, bob = await people(loom, "alice", "bob")
    await loom.org("acme", owner=alice, member=bob)
    await ask(loom, alice, "POST", "orgs/acme/invitations", 409, email=bob.email)
    await ask(loom, alice, "POST", "orgs/acme/invitations", 400, email="x@y", role="owner")
