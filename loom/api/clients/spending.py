"""Usage and budgets over HTTP. Every method raises as `ServerClient.ask` does."""

from msgspec.structs import asdict

from loom.api.budgets import Budget, BudgetList, NewBudget
from loom.api.client import ServerClient
from loom.api.clients.orgs import part
from loom.api.usage import UsageQuery, UsageReport


class SpendingClient:
    """What was used, and what may be."""

    def __init__(self, client: ServerClient) -> None:
        self._ask = client.ask

    async def usage(self, query: UsageQuery) -> UsageReport:
        """What the query asks for."""
        return await self._ask("GET", "/api/usage", UsageReport, query=asdict(query))

    async def mine(self) -> BudgetList:
        """The budgets that bind the caller."""
        return await self._ask("GET", "/api/budgets", BudgetList)

    async def budgets(self, org: str) -> BudgetList:
        """An organization's; "" for the server's own."""
        return await self._ask("GET", _path(org), BudgetList)

    async def put(self, org: str, budget: NewBudget) -> Budget:
        """Sets one."""
        return await self._ask("PUT", _path(org), Budget, budget)

    async def remove(self, org: str, budget_id: str) -> None:
        """Removes one."""
        return await self._ask("DELETE", f"{_path(org)}/{part(budget_id)}", type(None))


def _path(org: str) -> str:
    return f"/api/orgs/{part(org)}/budgets" if org else "/api/admin/budgets"
