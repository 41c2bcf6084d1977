"""Teams over HTTP. Every method raises as `ServerClient.ask` does."""

from loom.api.client import ServerClient
from loom.api.clients.orgs import part
from loom.api.teams import NewTeam, Team, TeamList, TeamMemberList, TeamRole, TeamRoleChange


class TeamsClient:
    """Teams of `org`, a slug or an id."""

    def __init__(self, client: ServerClient, org: str) -> None:
        self._ask = client.ask
        self._teams = f"/api/orgs/{part(org)}/teams"

    async def listed(self) -> TeamList:
        """All of them."""
        return await self._ask("GET", self._teams, TeamList)

    async def create(self, name: str, slug: str = "") -> Team:
        """A new one, with nobody in it."""
        return await self._ask("POST", self._teams, Team, NewTeam(name, slug))

    async def delete(self, team: str) -> None:
        """For good."""
        await self._ask("DELETE", f"{self._teams}/{part(team)}", type(None))

    async def members(self, team: str) -> TeamMemberList:
        """Who is in it."""
        return await self._ask("GET", f"{self._teams}/{part(team)}/members", TeamMemberList)

    async def put(self, team: str, user: str, role: TeamRole) -> None:
        """Takes somebody of the organization in, or changes their role."""
        path = f"{self._teams}/{part(team)}/members/{part(user)}"
        await self._ask("PUT", path, type(None), TeamRoleChange(role))

    async def remove(self, team: str, user: str) -> None:
        """Lets somebody go."""
        path = f"{self._teams}/{part(team)}/members/{part(user)}"
        await self._ask("DELETE", path, type(None))
