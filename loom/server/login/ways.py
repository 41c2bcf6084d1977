"""The ways to sign in, one row each: what `/login` shows and `GET /auth/providers` tells.

A further way is a row here and the routes at its `path`, which end in `signing_in.let_in`.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from loom.server.config import ServerConfig
from loom.server.login.providers import PROVIDERS


class Way(NamedTuple):
    """A way to sign in.

    Attributes:
        label: on its button.
        path: where the button goes, with `?next=` for the page to come back to.
        is_on: whether the operator set it up.
        method: GET for a page of its own or a redirect, POST for what signs in at once.
    """

    name: str
    label: str
    path: str
    is_on: Callable[[ServerConfig], bool]
    method: str = "GET"


MAGIC_LINK = "magic_link"


def _provider(name: str) -> Way:
    path = f"/auth/{name}/login"
    return Way(name, PROVIDERS[name].label, path, lambda config: name in config.federated.names)


WAYS = (
    *map(_provider, PROVIDERS),
    Way(MAGIC_LINK, "E-mail me a link", "/auth/magic-link", lambda c: c.mail is not None, "POST"),
    Way(
        "dev",
        "Sign in as dev@localhost",
        "/auth/login/dev",
        lambda c: c.login.is_dev_mode,
        "POST",
    ),
)


def ways(config: ServerConfig) -> Iterator[Way]:
    """Those that are set up, in the order in which they are shown."""
    return (way for way in WAYS if way.is_on(config))
