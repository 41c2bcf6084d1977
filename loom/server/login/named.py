"""How a line of the audit log names an address: a line outlives the account whose it is."""

from aiohttp import web

from loom.server import users
from loom.server.addresses import domain_of, folded
from loom.server.keys import DATABASE


def named(request: web.Request, email: str) -> dict[str, str]:
    """Facts for `audit`: the account that has the address, else no more than its domain."""
    address = folded(email)
    user_id = request.app[DATABASE].read(lambda c: users.id_of(c, address))
    if user_id:
        return {"resource": f"user:{user_id}"}
    return {"domain": domain_of(address) if "@" in address else ""}
