from collections.abc import Mapping

from aiohttp import web

from loom.server.chosen_org import org_of
from loom.server.routing import Access, Route
from tests.server.audit.test_audit_routes import entries
from tests.server.conftest import TOKEN, TeamUp
from tests.server.team import Said, Team

OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


async def tell(request: web.Request) -> web.Response:
    return web.json_response(org_of(request))


ROUTE = Route("POST", "/test/org", tell, Access.SIGNED_IN, scope="llm:use")


async def chosen(loom: Team, headers: Mapping[str, str], org: str = "") -> Said:
    named = {"X-Loom-Org": org} if org else {}
    return await loom.call("POST", "/test/org", {**headers, **named})


async def test_what_is_made_is_the_persons_own_unless_another_organization_is_named(
    team: TeamUp,
) -> None:
    loom = await team(routes=[ROUTE])
    alice = await loom.sign_up("alice@example.com")
    acme = await loom.org("acme", member=alice)
    assert (await chosen(loom, alice.headers)).json() == alice.org_id
    for name in ("acme", acme):
        assert (await chosen(loom, alice.headers, name)).json() == acme


async def test_the_default_organization_counts_for_as_long_as_one_is_in_it(team: TeamUp) -> None:
    loom = await team(routes=[ROUTE])
    alice = await loom.sign_up("alice@example.com")
    acme = await loom.org("acme", member=alice)
    said = await loom.call("PATCH", "/api/users/me", alice.headers, json={"default_org": "acme"})
    assert said.status == 200
    assert (await chosen(loom, alice.headers)).json() == acme
    await loom.database.write(
        lambda c: c.execute("DELETE FROM org_memberships WHERE org = ?", (acme,))
    )
    loom.forget()
    assert (await chosen(loom, alice.headers)).json() == alice.org_id


async def test_an_organization_of_others_is_as_if_it_were_not_there(team: TeamUp) -> None:
    loom = await team(routes=[ROUTE])
    admin, bob = await loom.sign_up("admin@example.com"), await loom.sign_up("bob@example.com")
    await loom.org("acme", owner=bob)
    key = await loom.api_key(bob, bob.org_id, "llm:use")
    for headers in (admin.headers, key):
        hidden = await chosen(loom, headers, "acme")
        missing = await chosen(loom, headers, "none")
        assert (hidden.status, missing.status) == (404, 404)
        assert hidden.json()["message"] == missing.json()["message"].replace("none", "acme")
    assert (await chosen(loom, key)).json() == bob.org_id


async def test_a_hidden_thing_is_noted_as_a_missing_one_is(team: TeamUp) -> None:
    loom = await team()
    await loom.sign_up("root@example.com")
    bob, eve = await loom.sign_up("bob@example.com"), await loom.sign_up("eve@example.com")
    await loom.org("acme", owner=bob)
    for name in ("acme", "none"):
        assert (await loom.call("GET", f"/api/orgs/{name}", eve.headers)).status == 404
    missing, hidden = await entries(loom, "?type=access.denied")
    assert hidden["resource"] == "organization:acme"
    assert [each["details"]["status"] for each in (missing, hidden)] == [404, 404]
    assert {*hidden} == {*missing} and {*hidden["details"]} == {*missing["details"]}


async def test_the_operator_may_name_any_organization_and_needs_none(team: TeamUp) -> None:
    loom = await team(routes=[ROUTE])
    alice = await loom.sign_up("alice@example.com")
    acme = await loom.org("acme", owner=alice)
    assert (await chosen(loom, OPERATOR)).json() == ""
    assert (await chosen(loom, OPERATOR, "acme")).json() == acme
