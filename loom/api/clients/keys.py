"""API keys over HTTP. Every method raises as `ServerClient.ask` does."""

from loom.api.client import ServerClient
from loom.api.clients.orgs import part
from loom.api.keys import ApiKey, ApiKeyList, ApiKeyMade, NewApiKey
from loom.core.errors import LoomError


class KeysClient:
    """Keys of `org`, a slug or an id."""

    def __init__(self, client: ServerClient, org: str) -> None:
        self._ask = client.ask
        self._org = org
        self._keys = f"/api/orgs/{part(org)}/api-keys"

    async def create(self, asked: NewApiKey) -> ApiKeyMade:
        """The key itself is told this once."""
        return await self._ask("POST", self._keys, ApiKeyMade, asked)

    async def listed(self) -> ApiKeyList:
        """Those that can be used."""
        return await self._ask("GET", self._keys, ApiKeyList)

    async def revoke(self, which: str) -> ApiKey:
        """The key with this id, hint or name. Raises LoomError: none, or several."""
        keys = (await self.listed()).api_keys
        found = [key for key in keys if which in (key.id, key.name, key.hint)]
        if len(found) != 1:
            text = "several keys are" if found else "no key is"
            hint = "loom api-key list shows their ids."
            raise LoomError(f"{text} called {which} in {self._org}", hint)
        await self._ask("DELETE", f"{self._keys}/{part(found[0].id)}", type(None))
        return found[0]
