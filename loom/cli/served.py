"""The app under plain `textual serve`, which forgets: a tab that comes back starts anew."""

from loom.cli.plan import Plan
from loom.web.tabs import TAB_FILE


def last_title(plan: Plan) -> str:
    """Of the folder's last thread, for a tab that may want it back; empty elsewhere."""
    is_plainly_served = "TEXTUAL_DRIVER" in plan.environment and TAB_FILE not in plan.environment
    if not is_plainly_served or plan.database is not None:
        return ""
    import asyncio

    return asyncio.run(_last_title(plan))


async def _last_title(plan: Plan) -> str:
    from loom.cli.assemble import open_store

    async with open_store(plan) as store:
        threads = await store.list(str(plan.workspace), limit=20)
    return next((each.title or "untitled" for each in threads if each.message_count), "")
