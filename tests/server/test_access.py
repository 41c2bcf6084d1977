"""Properties of the one function that decides."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import given as given_as_usual
from hypothesis import strategies as st

from loom.server.access import Action, Resource, ResourceKind, authorize
from loom.server.principal import (
    OPERATOR,
    SCOPES,
    STRANGER,
    GlobalRole,
    OrgRole,
    Principal,
    PrincipalKind,
    TeamRole,
)


def given(*values: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A busy machine is slow to make its examples, which proves nothing."""
    patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return lambda test: patient(given_as_usual(*values)(test))


IDS = ("one", "two", "three")
ACTIONS: tuple[Action, ...] = (
    *("read", "write", "delete", "share", "use", "manage", "hand_over", "impersonate", "join"),
)
KINDS: tuple[ResourceKind, ...] = (
    *("thread", "organization", "team", "user", "api_key", "invitation", "join_request"),
    *("llm", "tool", "server"),
)
GLOBAL: tuple[GlobalRole, ...] = ("system_admin", "support", "auditor")
# From little to much.
ORG_ROLES: tuple[OrgRole, ...] = ("member", "admin", "owner")
TEAM_ROLES: tuple[TeamRole, ...] = ("member", "maintainer")

ids = st.sampled_from(IDS)
actions = st.sampled_from(ACTIONS)
resources = st.builds(
    Resource,
    kind=st.sampled_from(KINDS),
    id=ids,
    owner_id=ids,
    org_id=ids,
    team_id=ids,
    visibility=st.sampled_from(["private", "team", "organization", "public"]),
    is_shared_with_support=st.booleans(),
    member_of=st.frozensets(ids),
    is_admin=st.booleans(),
)
people = st.builds(
    lambda **fields: Principal(PrincipalKind.USER, actor_id=fields["user_id"], **fields),
    user_id=ids,
    org_roles=st.dictionaries(ids, st.sampled_from(ORG_ROLES)),
    team_roles=st.dictionaries(ids, st.sampled_from(TEAM_ROLES)),
    global_roles=st.frozensets(st.sampled_from(GLOBAL)),
)
plain = people.map(lambda person: replace(person, global_roles=frozenset()))


def key_of(person: Principal, org_id: str, scopes: frozenset[str]) -> Principal:
    """As `memberships` makes it."""
    return replace(
        person,
        kind=PrincipalKind.API_KEY,
        org_id=org_id,
        org_roles={org_id: "member"},
        team_roles={},
        global_roles=frozenset(),
        scopes=scopes,
    )


@given(people, actions, resources, st.sampled_from(GLOBAL))
def test_another_global_role_takes_nothing_away(
    person: Principal, action: Action, resource: Resource, role: GlobalRole
) -> None:
    more = replace(person, global_roles=person.global_roles | {role})
    assert authorize(more, action, resource) >= authorize(person, action, resource)


@given(people, actions, resources, ids, st.sampled_from(ORG_ROLES))
def test_a_higher_role_in_an_organization_takes_nothing_away(
    person: Principal, action: Action, resource: Resource, org_id: str, role: OrgRole
) -> None:
    has = person.org_roles.get(org_id)
    if has is not None and ORG_ROLES.index(has) > ORG_ROLES.index(role):
        role = has
    more = replace(person, org_roles={**person.org_roles, org_id: role})
    assert authorize(more, action, resource) >= authorize(person, action, resource)


@given(people, actions, resources, ids, st.sampled_from(TEAM_ROLES))
def test_a_higher_role_in_a_team_takes_nothing_away(
    person: Principal, action: Action, resource: Resource, team_id: str, role: TeamRole
) -> None:
    kept = "maintainer" if person.team_roles.get(team_id) == "maintainer" else role
    more = replace(person, team_roles={**person.team_roles, team_id: kept})
    assert authorize(more, action, resource) >= authorize(person, action, resource)


@given(people, ids, st.frozensets(st.sampled_from(SCOPES)), actions, resources)
def test_a_key_never_may_what_its_maker_may_not(
    person: Principal, org_id: str, scopes: frozenset[str], action: Action, resource: Resource
) -> None:
    maker = replace(person, org_roles={**person.org_roles, org_id: "member"})
    key = key_of(maker, org_id, scopes)
    assert authorize(key, action, resource) <= authorize(maker, action, resource)


@given(
    people, ids, st.frozensets(st.sampled_from(SCOPES)), st.sampled_from(SCOPES), actions, resources
)
def test_another_scope_takes_nothing_away_from_a_key(
    person: Principal,
    org_id: str,
    scopes: frozenset[str],
    scope: str,
    action: Action,
    resource: Resource,
) -> None:
    less, more = key_of(person, org_id, scopes), key_of(person, org_id, scopes | {scope})
    assert authorize(more, action, resource) >= authorize(less, action, resource)


@given(people, ids, st.frozensets(st.sampled_from(SCOPES)), actions, resources)
def test_a_key_has_no_part_in_what_its_maker_has_elsewhere(
    person: Principal, org_id: str, scopes: frozenset[str], action: Action, resource: Resource
) -> None:
    key = key_of(person, org_id, scopes)
    is_elsewhere = resource.kind == "thread" and resource.org_id != org_id
    if is_elsewhere and authorize(key, action, resource):
        assert (action, resource.visibility) == ("read", "public")


@given(actions, resources)
def test_a_stranger_only_reads_what_is_public(action: Action, resource: Resource) -> None:
    if authorize(STRANGER, action, resource):
        assert (action, resource.visibility) == ("read", "public")


@given(actions, resources)
def test_a_weaver_may_no_more_than_a_stranger(action: Action, resource: Resource) -> None:
    weaver = Principal(PrincipalKind.WEAVER)
    assert authorize(weaver, action, resource) <= authorize(STRANGER, action, resource)


@given(plain, actions, resources)
def test_support_sees_what_is_shared_with_it_and_nothing_more(
    person: Principal, action: Action, resource: Resource
) -> None:
    support = replace(person, global_roles=frozenset({"support"}))
    if authorize(support, action, resource) and not authorize(person, action, resource):
        assert (action, resource.kind) == ("read", "thread")
        assert resource.is_shared_with_support


@given(plain, actions, resources)
def test_an_auditor_reads_and_does_nothing_more(
    person: Principal, action: Action, resource: Resource
) -> None:
    auditor = replace(person, global_roles=frozenset({"auditor"}))
    assert authorize(auditor, "read", resource)
    if action != "read":
        assert authorize(auditor, action, resource) == authorize(person, action, resource)


@given(people, actions, resources)
def test_who_impersonates_may_no_more_than_the_person_and_shares_nothing(
    person: Principal, action: Action, resource: Resource
) -> None:
    admin = replace(person, actor_id="admin")
    assert authorize(admin, action, resource) <= authorize(person, action, resource)
    if action in ("share", "manage", "hand_over", "impersonate", "join"):
        assert not authorize(admin, action, resource)


@given(people, resources)
def test_nobody_impersonates_an_admin(person: Principal, resource: Resource) -> None:
    protected = replace(resource, kind="user", is_admin=True)
    for principal in (person, OPERATOR):
        assert not authorize(principal, "impersonate", protected)


@given(people, resources)
def test_only_its_owner_shares_a_thread(person: Principal, resource: Resource) -> None:
    thread = replace(resource, kind="thread")
    if authorize(person, "share", thread):
        assert person.is_system_admin or person.user_id == thread.owner_id


@given(plain, resources)
def test_a_private_thread_is_its_owners_alone(person: Principal, resource: Resource) -> None:
    thread = replace(resource, kind="thread", visibility="private", is_shared_with_support=False)
    for action in ACTIONS:
        if person.user_id != thread.owner_id:
            assert not authorize(person, action, thread)
