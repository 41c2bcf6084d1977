import asyncio
import sys
from pathlib import Path

from openapi_spec_validator import validate

from loom.server.llm.base import ProviderSettings
from loom.server.llm.providers import make_provider
from loom.server.openapi import document
from loom.server.routing import ROUTES, Access, Route
from tests.e2e.browser import chromium
from tests.server.conftest import TOKEN, TeamUp

EXAMPLES = 12
LEFT_OUT = "^/proxy/(anthropic|openai|search|cse|serper)|^/auth/logout$|^/api/flags/stream$"
"""Routes that say 503 where nothing stands behind them, and the one that ends the tester's own
session, and a stream without an end."""
CHECKS = (
    *("not_a_server_error", "content_type_conformance", "response_schema_conformance"),
    *("negative_data_rejection", "unsupported_method", "ignored_auth"),
)


async def handler(request: object) -> object:
    """Never called."""
    raise NotImplementedError


async def test_the_description_is_openapi_3_1(team: TeamUp) -> None:
    loom = await team()
    said = await loom.call("GET", "/api/openapi.json")
    described = said.json()
    assert described["openapi"] == "3.1.0"
    validate(described)
    assert described["servers"] == [{"url": loom.url}]


async def test_every_route_is_described_with_its_types_and_its_door(team: TeamUp) -> None:
    loom = await team()
    described = (await loom.call("GET", "/api/openapi.json")).json()["paths"]
    routes = loom.app[ROUTES].values()
    assert sum(map(len, described.values())) == len([r for r in routes if r.method != "HEAD"])
    org = described["/api/orgs"]["post"]
    body = org["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NewOrg"}
    assert org["security"] == [{"token": []}, {"cookie": []}]
    assert described["/health"]["get"]["security"] == []


def test_a_pattern_in_a_path_becomes_the_parameters() -> None:
    route = Route("GET", "/things/{thing:[a-z]{2}}/{part}", handler, Access.PUBLIC)
    paths = document([route], "http://x")["paths"]
    (path,) = paths
    assert path == "/things/{thing}/{part}"
    patterns = [each["schema"]["pattern"] for each in paths[path]["get"]["parameters"]]
    assert patterns == ["^[a-z]{2}$", "^[^{}/]+$"]


async def test_schemathesis_finds_nothing_to_complain_of(team: TeamUp, tmp_path: Path) -> None:
    demo = make_provider(ProviderSettings("demo", model="demo-1"))
    loom = await team(providers={"demo": demo})
    alice = await loom.sign_up("alice@example.com")
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("st"), "run", f"{loom.url}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {alice.token}", "--checks", ",".join(CHECKS)),
        *("--max-examples", str(EXAMPLES), "--phases", "coverage,fuzzing", "--no-color"),
        *("--exclude-path-regex", LEFT_OUT, "--warnings", "off", "--seed", "1"),
        *("--generation-database", "none"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-8000:]


async def test_the_page_tries_a_route_in_a_browser(team: TeamUp) -> None:
    loom = await team()
    async with chromium() as browser:
        page = await browser.new_page()
        errors: list[str] = []
        page.on("console", lambda line: errors.append(line.text))
        await page.goto(f"{loom.url}/api")
        await page.fill("input[type=password]", TOKEN)
        details = page.locator("details[data-path='/auth/me']")
        await details.locator("summary").click()
        await details.locator("button").click()
        await page.wait_for_function(
            "() => document.querySelector(\"details[data-path='/auth/me'] pre\")"
            ".textContent.includes('operator')"
        )
        assert errors == []


async def test_the_page_can_be_read_without_javascript(team: TeamUp) -> None:
    loom = await team()
    said = await loom.call("GET", "/api")
    assert b"<code>/api/orgs/{org}</code>" in said.body
    assert "script-src 'self'" in said.headers["Content-Security-Policy"]
