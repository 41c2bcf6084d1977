import asyncio
from typing import Any

import pytest
from msgspec import json as msgjson

from loom.api.flags import Flag
from loom.server.flags.listeners import MAX_WAITING, Change, Listener, Listeners
from loom.server.keys import LISTENERS
from loom.server.principal import OPERATOR as OPERATOR_PRINCIPAL
from tests.fakes.claude_wire import END, START, text
from tests.fakes.upstream import events
from tests.server.conftest import TeamUp, Upstream, ask, within
from tests.server.flags.listening import OPERATOR, kill, listening, restore
from tests.server.flags.test_evaluate import flag
from tests.server.team import Team


async def put(server: Team, made: Flag, tier: str = "/api/admin", headers: Any = OPERATOR) -> int:
    body = msgjson.decode(msgjson.encode(made))
    return (await server.call("PUT", f"{tier}/flags/{made.key}", headers, json=body)).status


async def test_a_provider_that_is_turned_off_says_why_on_every_wire(
    team: TeamUp, upstream: Upstream
) -> None:
    up = await upstream(events(START + text("Hi") + END))
    server = await team(up.url)
    alice = await server.sign_up("alice@example.com")
    assert await kill(server) == 200
    for path in ("/proxy/anthropic/stream", "/proxy/anthropic/complete"):
        said = await server.call("POST", path, alice.headers, json=ask())
        assert (said.status, said.json()["error"]) == (503, "not_configured")
        assert said.json()["message"] == "anthropic is turned off: their status page is red"
    said = await server.call("POST", "/proxy/anthropic/v1/messages", alice.headers, json={})
    assert (said.status, said.json()["type"]) == (503, "error")
    assert "status page is red" in said.json()["error"]["message"]
    assert not up.arrived.is_set()
    assert await restore(server) == 200
    said = await server.call("POST", "/proxy/anthropic/stream", alice.headers, json=ask())
    assert said.status == 200


async def test_its_models_are_shown_as_not_to_be_had(team: TeamUp) -> None:
    server = await team()
    await kill(server)
    models = (await server.call("GET", "/api/models", OPERATOR)).json()["models"]
    off = {model["provider"]: model for model in models}
    assert (off["anthropic"]["is_configured"], off["openai"]["is_configured"]) == (False, True)
    assert off["anthropic"]["off"] == "their status page is red"


async def test_a_kill_switch_survives_a_restart(team: TeamUp) -> None:
    await kill(await team())
    server = await team()
    said = await server.call("POST", "/proxy/anthropic/stream", OPERATOR, json=ask())
    assert said.status == 503


async def test_an_organizations_switch_is_its_own_and_the_platforms_is_everybodys(
    team: TeamUp, upstream: Upstream
) -> None:
    server = await team((await upstream(events(START + text("Hi") + END))).url)
    await server.sign_up("admin@example.com")
    alice, bob = await server.sign_up("alice@example.com"), await server.sign_up("b@example.com")
    path = f"/api/orgs/{alice.org_id}/kill-switches/provider.anthropic"
    assert await kill(server, path, bob.headers) == 404
    assert await kill(server, path, alice.headers) == 200

    async def status(headers: dict[str, str]) -> int:
        path = "/proxy/anthropic/stream"
        return (await server.call("POST", path, headers, json=ask())).status

    assert (await status(alice.headers), await status(bob.headers)) == (503, 200)
    acme = await server.org("acme", owner=bob)
    await kill(server, f"/api/orgs/{acme}/kill-switches/provider.anthropic", bob.headers)
    assert await status({**bob.headers, "X-Loom-Org": "acme"}) == 503
    await kill(server)
    await restore(server, path, alice.headers)
    assert (await status(alice.headers), await status(bob.headers)) == (503, 503)


async def test_who_listens_learns_at_once(team: TeamUp) -> None:
    server = await team()
    alice = await server.sign_up("alice@example.com")
    async with listening(server, alice.headers) as heard:
        assert await heard.next() == ("init", {"flags": [], "kill_switches": []})
        await kill(server, flags=["a.b"])
        name, switch = await heard.next()
        assert (name, switch["key"], switch["is_active"]) == (
            "killswitch.activated",
            "provider.anthropic",
            True,
        )
        assert switch["reason"] == "their status page is red"
        await put(server, flag())
        assert (await heard.next())[1] == {
            "key": "a.b",
            "variant": "off",
            "value": False,
            "reason": "killed",
        }
        await restore(server)
        assert (await heard.next())[0] == "killswitch.deactivated"
        await put(server, flag(is_archived=True))
        assert (await heard.next())[0] == "flag.archived"


async def test_who_comes_back_begins_with_what_holds_now(team: TeamUp) -> None:
    server = await team()
    async with listening(server, OPERATOR) as heard:
        await heard.next()
    await kill(server)
    async with listening(server, {**OPERATOR, "Last-Event-ID": "7"}) as heard:
        name, state = await heard.next()
    assert (name, [switch["key"] for switch in state["kill_switches"]]) == (
        "init",
        ["provider.anthropic"],
    )


async def test_what_another_process_changes_is_heard_and_holds(team: TeamUp) -> None:
    server, other = await team(), await team()
    async with listening(server, OPERATOR) as heard:
        await heard.next()
        await kill(other)
        name, switch = await heard.next()
        assert (name, switch["key"]) == ("killswitch.activated", "provider.anthropic")
        said = await server.call("POST", "/proxy/anthropic/stream", OPERATOR, json=ask())
        assert said.status == 503
        await put(other, flag())
        assert (await heard.next())[1]["key"] == "a.b"
        await restore(other)
        assert (await heard.next())[0] == "killswitch.deactivated"


async def test_a_database_that_cannot_be_read_leaves_what_holds(
    team: TeamUp, caplog: pytest.LogCaptureFixture
) -> None:
    server = await team()
    await kill(server)
    await server.database.write(lambda c: c.execute("ALTER TABLE flags RENAME TO broken"))
    await within(10, lambda: "flags stay what they were" in caplog.text)
    said = await server.call("POST", "/proxy/anthropic/stream", OPERATOR, json=ask())
    assert "turned off" in said.json()["message"]


async def test_a_change_that_changes_nothing_is_not_told(team: TeamUp) -> None:
    server = await team()
    await put(server, flag())
    async with listening(server, OPERATOR) as heard:
        await heard.next()
        await put(server, flag())
        await kill(server)
        assert (await heard.next())[0] == "killswitch.activated"


async def test_who_left_is_not_kept(team: TeamUp) -> None:
    server = await team()
    listeners = server.app[LISTENERS]
    async with listening(server, OPERATOR) as heard:
        await heard.next()
        assert len(listeners) == 1
    await within(10, lambda: not listeners)


async def test_a_listener_that_is_too_slow_is_let_go() -> None:
    listeners = Listeners()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit:
            listener = Listener(OPERATOR_PRINCIPAL, lambda: OPERATOR_PRINCIPAL, limit)
            with listeners.listening(listener):
                for number in range(MAX_WAITING):
                    listeners.tell(Change("flag.updated", "", f"a.b{number}"))
                await asyncio.sleep(0)
                listeners.tell(Change("flag.updated", "", "one.more"))
                listeners.tell(Change("flag.updated", "", "and.more"))
                await asyncio.Event().wait()
    assert listener.changes.qsize() == MAX_WAITING
    assert not listeners


async def test_nobody_hears_of_another_organizations_flags(team: TeamUp) -> None:
    server = await team()
    await server.sign_up("admin@example.com")
    alice, bob = await server.sign_up("alice@example.com"), await server.sign_up("b@example.com")
    async with listening(server, bob.headers) as heard:
        await heard.next()
        tier = f"/api/orgs/{alice.org_id}"
        assert await put(server, flag(), tier, alice.headers) == 200
        assert await put(server, flag(key="of.all")) == 200
        assert (await heard.next())[1]["key"] == "of.all"
    seen = (await server.call("GET", "/api/flags", bob.headers)).json()["flags"]
    assert [each["key"] for each in seen] == ["of.all"]
    assert (await server.call("GET", f"{tier}/flags", bob.headers)).status == 404


async def test_a_flag_is_evaluated_for_the_caller(team: TeamUp) -> None:
    server = await team()
    alice = await server.sign_up("alice@example.com")
    await put(server, flag())
    state = (await server.call("GET", "/api/flags", alice.headers)).json()
    assert state["flags"] == [{"key": "a.b", "variant": "on", "value": True, "reason": "on"}]
    state = (await server.call("GET", "/api/flags?environment=dev", alice.headers)).json()
    assert state["flags"][0]["reason"] == "disabled"


@pytest.mark.parametrize(
    "change",
    [
        {"default_variant": "maybe"},
        {"variants": [{"name": "off", "value": 0}, {"name": "off", "value": 1}]},
        {"prerequisites": [{"flag": "a.b", "variant": "on"}]},
        {"key": "c.d"},
        {"environments": {"Prod!": {"is_enabled": True}}},
        {"environments": {"prod": {"is_enabled": True, "strategy": {"percentage": 101}}}},
        {
            "environments": {
                "prod": {
                    "is_enabled": True,
                    "strategy": {"schedule": [{"at": "soon", "percentage": 1}]},
                }
            }
        },
    ],
)
async def test_a_flag_that_makes_no_sense_is_refused(team: TeamUp, change: dict[str, Any]) -> None:
    server = await team()
    body = {**msgjson.decode(msgjson.encode(flag())), **change}
    said = await server.call("PUT", "/api/admin/flags/a.b", OPERATOR, json=body)
    assert (said.status, said.json()["error"]) == (400, "invalid_request")


async def test_a_kill_switch_needs_a_reason_and_a_proper_name(team: TeamUp) -> None:
    server = await team()
    assert await kill(server, reason="") == 400
    assert await kill(server, "/api/admin/kill-switches/No!") == 400
    assert await restore(server, "/api/admin/kill-switches/never.was") == 409


async def test_switches_and_flags_are_audited(team: TeamUp) -> None:
    server = await team()
    await kill(server)
    await restore(server)
    await put(server, flag())
    page = (await server.call("GET", "/api/admin/audit?limit=10", OPERATOR)).json()["entries"]
    lines = [(entry["type"], entry.get("severity", 6)) for entry in page if "flag" in entry["type"]]
    lines += [(e["type"], e.get("severity", 6)) for e in page if e["type"].startswith("killswitch")]
    assert lines == [
        ("flag.updated", 6),
        ("killswitch.deactivated", 6),
        ("killswitch.activated", 5),
    ]


async def test_streams_end_when_the_server_stops(team: TeamUp) -> None:
    server = await team()
    async with listening(server, OPERATOR) as heard:
        await heard.next()
        await server.app.shutdown()
        assert await heard.next() == ("end", None)
