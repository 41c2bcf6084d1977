import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from loom.core.errors import ProviderError
from loom.secrets import Secret
from loom.server.llm.google_token import DefaultCredentials, StaticToken


class TokenEndpoint:
    """Google's token endpoint: gives out `token-1`, `token-2` … for signed assertions."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime = lifetime
        self.asked = 0

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_post("/token", self._give)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/token"

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    async def _give(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        self.asked += 1
        token = {"access_token": f"token-{self.asked}", "expires_in": self.lifetime}
        return web.json_response({**token, "token_type": "Bearer"})


def credentials_file(folder: Path, token_uri: str) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    info = {
        "type": "service_account",
        "project_id": "p",
        "private_key": pem.decode(),
        "client_email": "loom@p.iam.gserviceaccount.com",
        "token_uri": token_uri,
    }
    path = folder / "credentials.json"
    path.write_text(json.dumps(info))
    return str(path)


@pytest.mark.parametrize(("lifetime", "fetched"), [(3600, 1), (1, 2)])
async def test_token_is_fetched_once_while_it_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lifetime: int, fetched: int
):
    endpoint = TokenEndpoint(lifetime)
    async with endpoint as uri:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", credentials_file(tmp_path, uri))
        source = DefaultCredentials()
        first, second = await asyncio.gather(source.token(), source.token())
    assert first.expose() == "token-1"
    assert second.expose() == f"token-{fetched}"
    assert endpoint.asked == fetched


async def test_missing_credentials_say_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    with pytest.raises(ProviderError) as caught:
        await DefaultCredentials().token()
    assert caught.value.error.kind == "not_configured"
    assert "gcloud" in caught.value.hint


async def test_given_token_is_used_as_it_is():
    assert (await StaticToken(Secret("t")).token()).expose() == "t"
