"""Organizations over HTTP. Every method raises as `ServerClient.ask` does."""

from urllib.parse import quote

from loom.api.accounts import Me, User
from loom.api.client import ServerClient
from loom.api.orgs import (
    InvitationList,
    InvitationMade,
    InvitationPreview,
    JoinAsked,
    JoinRequestList,
    Member,
    MemberList,
    NewInvitation,
    NewOrg,
    Org,
    OrgChange,
    OrgList,
    OrgRole,
    OrgVisibility,
    RoleChange,
)
from loom.api.users import MeChange
from loom.core.errors import LoomError


def part(text: str) -> str:
    """`text` as one part of a path."""
    return quote(text, safe="")


class OrgsClient:
    """What people do with organizations; `org` is a slug or an id, `user` an id or `me`."""

    def __init__(self, client: ServerClient) -> None:
        self._ask = client.ask

    async def chosen(self, asked: str | None) -> str:
        """`asked`, else the default organization or the only one that is shared.

        Raises:
            LoomError: there is none such, or several.
        """
        if asked:
            return asked
        me = await self.me()
        shared = [org for org in me.orgs if not org.is_personal]
        found = [org for org in shared if org.id == me.org_id] or shared
        if len(found) == 1:
            return found[0].slug
        yours = ", ".join(org.slug for org in shared) or "none; loom org create makes one"
        raise LoomError("which organization? Say --org SLUG", f"Yours: {yours}.")

    async def me(self) -> Me:
        """Who is calling, and in which organization they work."""
        return await self._ask("GET", "/auth/me", Me)

    async def mine(self) -> OrgList:
        """The caller's."""
        return await self._ask("GET", "/api/orgs", OrgList)

    async def create(self, name: str, slug: str, visibility: OrgVisibility) -> Org:
        """A new one."""
        return await self._ask("POST", "/api/orgs", Org, NewOrg(name, slug, visibility))

    async def change(self, org: str, asked: OrgChange) -> Org:
        """Name, slug, visibility."""
        return await self._ask("PATCH", f"/api/orgs/{part(org)}", Org, asked)

    async def delete(self, org: str) -> Org:
        """With 90 days to restore it."""
        return await self._ask("DELETE", f"/api/orgs/{part(org)}", Org)

    async def restore(self, org: str) -> Org:
        """Of one that was deleted."""
        return await self._ask("POST", f"/api/orgs/{part(org)}/restore", Org)

    async def use(self, org: str) -> User:
        """What is made belongs to it from now on; empty for the personal one."""
        return await self._ask("PATCH", "/api/users/me", User, MeChange(default_org=org))

    async def members(self, org: str) -> MemberList:
        """Everybody in it."""
        return await self._ask("GET", f"/api/orgs/{part(org)}/members", MemberList)

    async def member(self, org: str, who: str) -> Member:
        """The member with this id, address or name. Raises LoomError: none, or several."""
        members = (await self.members(org)).members
        found = [each for each in members if who in (each.id, each.email)]
        found = found or [each for each in members if who.lower() == each.name.lower()]
        if len(found) == 1:
            return found[0]
        text = f"several in {org} are called {who}" if found else f"nobody in {org} is {who}"
        raise LoomError(
            text, "Say the e-mail address; see loom org members, and loom org invitations."
        )

    async def set_role(self, org: str, user: str, role: OrgRole) -> Member:
        """Owner, admin or member."""
        path = f"/api/orgs/{part(org)}/members/{part(user)}"
        return await self._ask("PATCH", path, Member, RoleChange(role))

    async def remove(self, org: str, user: str) -> None:
        """Lets somebody go, or leaves."""
        path = f"/api/orgs/{part(org)}/members/{part(user)}"
        await self._ask("DELETE", path, type(None))

    async def invite(self, org: str, asked: NewInvitation) -> InvitationMade:
        """For one address; the token is told this once."""
        path = f"/api/orgs/{part(org)}/invitations"
        return await self._ask("POST", path, InvitationMade, asked)

    async def invitations(self, org: str) -> InvitationList:
        """Those that wait."""
        return await self._ask("GET", f"/api/orgs/{part(org)}/invitations", InvitationList)

    async def revoke_invitation(self, org: str, invitation: str) -> None:
        """Takes one back, by its id."""
        path = f"/api/orgs/{part(org)}/invitations/{part(invitation)}"
        await self._ask("DELETE", path, type(None))

    async def preview(self, token: str) -> InvitationPreview:
        """What an invitation is for."""
        return await self._ask("GET", f"/api/invitations/{part(token)}", InvitationPreview)

    async def accept(self, token: str) -> Org:
        """The organization that the caller is in then."""
        return await self._ask("POST", f"/api/invitations/{part(token)}/accept", Org)

    async def ask_to_join(self, org: str, message: str) -> None:
        """Of a public one."""
        path = f"/api/orgs/{part(org)}/join-requests"
        await self._ask("POST", path, type(None), JoinAsked(message))

    async def join_requests(self, org: str) -> JoinRequestList:
        """Who waits for an answer."""
        return await self._ask("GET", f"/api/orgs/{part(org)}/join-requests", JoinRequestList)

    async def answer_join(self, org: str, user: str, *, is_welcome: bool) -> None:
        """Lets somebody in, or says no."""
        word = "approve" if is_welcome else "reject"
        path = f"/api/orgs/{part(org)}/join-requests/{part(user)}/{word}"
        await self._ask("POST", path, type(None))
