"""One's own account over HTTP. Every method raises as `ServerClient.ask` does."""

from loom.api.accounts import User
from loom.api.client import ServerClient
from loom.api.users import Deleted, MeChange, Storage


class AccountClient:
    """What a person does with their own account."""

    def __init__(self, client: ServerClient) -> None:
        self._ask = client.ask

    async def rename(self, name: str) -> User:
        """How others see the person."""
        return await self._ask("PATCH", "/api/users/me", User, MeChange(name=name))

    async def storage(self) -> Storage:
        """How much is kept for the person, and how much may be."""
        return await self._ask("GET", "/api/users/me/storage", Storage)

    async def delete(self) -> Deleted:
        """Signs out everywhere; signing in within 90 days can undo it."""
        return await self._ask("POST", "/api/users/me/delete", Deleted)
