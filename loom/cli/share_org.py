"""`loom share`: in which organization a thread is shown to others.

A thread that was made in one's personal organization, where nobody else is, goes into another.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loom.api.accounts import Me, OrgRef
    from loom.api.client import ServerClient
    from loom.api.threads import ThreadInfo


async def org_for(client: "ServerClient", thread: "ThreadInfo", asked: str | None) -> "OrgRef":
    """The one that was asked for, else the thread's own, else the one that the caller works in.

    Raises:
        LoomError: it is none of the caller's, or nobody says which.
    """
    from loom.api.clients.orgs import OrgsClient

    return _chosen(await OrgsClient(client).me(), thread.org_id, asked)


def _chosen(me: "Me", org_id: str, asked: str | None) -> "OrgRef":
    from loom.core.errors import LoomError

    shared = [org for org in me.orgs if not org.is_personal]
    yours = ", ".join(org.slug for org in shared) or "none"
    if asked:
        for org in shared:
            if asked in (org.slug, org.id):
                return org
        raise LoomError(f"you are in no organization {asked} with others", f"Yours: {yours}.")
    for wanted in (org_id, me.org_id):
        for org in shared:
            if org.id == wanted:
                return org
    if len(shared) == 1:
        return shared[0]
    if shared:
        raise LoomError("with which organization? Say --org SLUG", f"Yours: {yours}.")
    raise LoomError(
        "you are in no organization with others",
        "Make one with loom org create NAME, or print an address that opens it: --public.",
    )
