"""What the tests of signing in share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.identity.npm import installed
from tests.identity.programs import Pair, SamlIdp, running


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> Path:
    """The folder in which the identity providers are installed."""
    assert pytestconfig.cache is not None
    return installed(pytestconfig.cache.mkdir("identity"))


@pytest.fixture(scope="session")
def pair() -> Pair:
    return Pair.new()


@pytest.fixture(scope="session")
def own_pair() -> Pair:
    """Loom's own key, where it has one."""
    return Pair.new()


def saml_idp(folder: Path, pair: Pair, base_url: str, signing_cert: str | None = None):
    """An identity provider that knows the Loom at `base_url`."""
    return running(
        folder,
        "saml.js",
        key=pair.key,
        cert=pair.certificate,
        acs=f"{base_url}/auth/okta/acs",
        audience=f"{base_url}/auth/okta/metadata",
        signingCert=signing_cert,
    )


@pytest.fixture(scope="module")
def idp(programs: Path, pair: Pair) -> Iterator[SamlIdp]:
    """For a Loom at http://localhost:1, which nobody asks."""
    with saml_idp(programs, pair, "http://localhost:1") as url:
        yield SamlIdp(url, pair)
