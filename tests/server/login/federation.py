"""A team's server and the identity providers it knows, all running; and people who go there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loom.secrets import Secret
from loom.server.sections.federated import (
    FederatedSettings,
    GithubSettings,
    GoogleSettings,
    OktaSettings,
)
from loom.server.sections.login import LoginSettings
from tests.identity.fixtures import saml_idp
from tests.identity.programs import Pair, SamlIdp, encoded, running
from tests.server.conftest import TOKEN, TeamUp
from tests.server.team import Team
from tests.server.visitor import Page, Visitor, visiting

SECRET = "client-secret-that-nobody-may-see"
DOMAINS = ("example.com",)
ALICE, BOB = "alice@example.com", "bob@example.com"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def github_person(number: int, email: str, *, verified: bool = True) -> dict[str, Any]:
    """What GitHub's REST API answers for a person."""
    user = {"id": number, "login": email.partition("@")[0], "name": None}
    others = {"email": "old@example.org", "primary": False, "verified": True, "visibility": None}
    mine = {"email": email, "primary": True, "verified": verified, "visibility": "private"}
    return {"github": {"user": user, "emails": [others, mine]}}


PEOPLE = {
    "google": {
        ALICE: {"email": ALICE, "email_verified": True, "name": "\x1b[2JAlice " + "e" * 500},
        BOB: {"email": BOB, "email_verified": False, "name": "Bob"},
    },
    "github": {
        ALICE: github_person(583231, ALICE),
        BOB: github_person(583232, BOB, verified=False),
    },
}


@dataclass(frozen=True)
class Providers:
    """Identity providers that know the Loom at `url`, which is another site than theirs."""

    url: str
    port: int
    idp: SamlIdp
    urls: Mapping[str, str]

    def settings(self, **okta: Any) -> FederatedSettings:
        google, github = self.urls["google"], self.urls["github"]
        return FederatedSettings(
            GithubSettings("loom", Secret(SECRET), github, github, DOMAINS),
            GoogleSettings("loom", Secret(SECRET), google, email_domains=DOMAINS),
            OktaSettings(
                **{"metadata_url": self.idp.issuer, "email_domains": DOMAINS, **okta},
            ),
        )


@contextmanager
def providers(folder: Path, pair: Pair, host: str = "localhost") -> Iterator[Providers]:
    port = free_port()
    url = f"http://{host}:{port}"
    with ExitStack() as stack:
        urls = {
            like: stack.enter_context(
                running(
                    folder,
                    "oidc.js",
                    secret=SECRET,
                    redirect_uris=[f"{url}/auth/{like}/callback"],
                    people=PEOPLE[like],
                    like=like,
                )
            )
            for like in ("google", "github")
        }
        idp = SamlIdp(stack.enter_context(saml_idp(folder, pair, url)), pair)
        yield Providers(url, port, idp, urls)


@dataclass(frozen=True)
class Federation:
    """A team's server that knows the providers."""

    team: Team
    providers: Providers

    @classmethod
    async def of(cls, team: TeamUp, providers: Providers, **given: Any) -> "Federation":
        """`given`: fields of OktaSettings, and `clock`."""
        rest = {"clock": given.pop("clock")} if "clock" in given else {}
        started = await team(
            public_url=providers.url,
            port=providers.port,
            federated=providers.settings(**given),
            login=LoginSettings(signups="open"),
            **rest,
        )
        return cls(started, providers)

    @property
    def url(self) -> str:
        return self.providers.url

    @property
    def idp(self) -> SamlIdp:
        return self.providers.idp

    async def audited(self, kind: str) -> dict[str, Any]:
        """The audit log's only line of this type, as soon as it is written."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with asyncio.timeout(10):
            while True:
                said = await self.team.call("GET", f"/api/admin/audit?type={kind}", headers)
                if entries := said.json()["entries"]:
                    (entry,) = entries
                    return dict(entry)
                await asyncio.sleep(0.02)

    async def by_code(
        self, visitor: Visitor, provider: str, email: str, next_page: str = ""
    ) -> Page:
        """Signs in at an OAuth provider, and comes back."""
        page = await visitor.open(f"/auth/{provider}/login?next={next_page}")
        page = await visitor.press(page.form("Sign-in"), login=email, password="x")
        return await visitor.press(page.form("Continue"))

    async def left(self, visitor: Visitor, provider: str, next_page: str = "") -> str:
        """Where the browser is sent, without going there."""
        path = f"{self.url}/auth/{provider}/login?next={next_page}"
        async with visitor.session.get(path, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["Location"]

    async def posts(self, visitor: Visitor, response: bytes, relay: str = "loom") -> Page:
        """The identity provider's page posts its response."""
        fields = {"SAMLResponse": encoded(response), "RelayState": relay}
        return await self.posted(visitor, fields)

    async def posted(self, visitor: Visitor, fields: Mapping[str, str]) -> Page:
        """A form that a page of the identity provider sends."""
        headers = {"Accept": "text/html", "Origin": self.idp.url, "Sec-Fetch-Site": "cross-site"}
        async with visitor.session.post(
            f"{self.url}/auth/okta/acs", data=fields, headers=headers
        ) as answer:
            path = urlsplit(str(answer.url)).path
            return Page(answer.status, path, await answer.text(), answer.headers)


def state_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


@asynccontextmanager
async def at(made: Federation) -> AsyncIterator[Visitor]:
    """A fresh browser without script."""
    async with visiting(made.url) as visitor:
        yield visitor
