"""Accounts, for the server's admins. Every method raises as `ServerClient.ask` does."""

from loom.api.admin import (
    Account,
    AccountPage,
    GlobalRole,
    Impersonation,
    ImpersonationState,
    RolesChange,
)
from loom.api.client import ServerClient
from loom.api.clients.orgs import part
from loom.api.users import Deleted
from loom.core.errors import LoomError

_USERS = "/api/admin/users"


class AdminClient:
    """What a system_admin does with accounts; `user` is an id."""

    def __init__(self, client: ServerClient) -> None:
        self._ask = client.ask

    async def users(self, q: str = "", after: str = "", limit: int = 50) -> AccountPage:
        """Accounts, newest first; `q` is part of a name or an address."""
        query = {"q": q, "after": after, "limit": limit}
        return await self._ask("GET", _USERS, AccountPage, query=query)

    async def user(self, who: str) -> Account:
        """The account with this address, name or id. Raises LoomError: none, or several."""
        users = (await self.users(who, limit=200)).users
        # A name may be anything, also somebody else's address.
        found = [user for user in users if who == user.id or who.lower() == user.email.lower()]
        found = found or [user for user in users if who.lower() == user.name.lower()]
        if len(found) == 1:
            return found[0]
        text = f"several accounts are called {who}" if found else f"there is no account {who}"
        raise LoomError(text, "Say the e-mail address; loom admin users lists them.")

    async def set_roles(self, user: str, roles: tuple[GlobalRole, ...]) -> Account:
        """These and no others."""
        path = f"{_USERS}/{part(user)}/roles"
        return await self._ask("PUT", path, Account, RolesChange(roles))

    async def delete(self, user: str) -> Deleted:
        """With 90 days to restore it."""
        return await self._ask("DELETE", f"{_USERS}/{part(user)}", Deleted)

    async def restore(self, user: str) -> Account:
        """Of one that was deleted."""
        return await self._ask("POST", f"{_USERS}/{part(user)}/restore", Account)

    async def impersonate(self, user: str) -> Impersonation:
        """A token that stands for the user for an hour."""
        return await self._ask("POST", f"{_USERS}/{part(user)}/impersonate", Impersonation)

    async def impersonation(self) -> ImpersonationState:
        """Whether the caller is in somebody's place."""
        return await self._ask("GET", "/auth/impersonation", ImpersonationState)

    async def stop_impersonating(self) -> None:
        """The token that is used stands for nobody any more."""
        await self._ask("DELETE", "/auth/impersonation", type(None))
