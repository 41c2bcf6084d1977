import pytest

from loom.core.errors import ConfigError
from loom.http import Address, client_session, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8080/", Address("http://127.0.0.1:8080")),
        ("https://loom.example/base", Address("https://loom.example/base")),
        ("/run/loom.sock", Address("http://localhost", "/run/loom.sock")),
        ("unix:/run/loom.sock", Address("http://localhost", "/run/loom.sock")),
        ("unix:///run/loom.sock", Address("http://localhost", "/run/loom.sock")),
    ],
)
def test_address_is_read(text: str, address: Address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "localhost:8080", "ftp://host", "http://"])
def test_other_text_is_no_address(text: str):
    with pytest.raises(ConfigError):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("http://127.9.9.9", True),
        ("/run/loom.sock", True),
        ("https://loom.example", False),
        ("http://10.0.0.1", False),
    ],
)
async def test_environment_proxies_are_asked_only_for_other_machines(text: str, local: bool):
    address = parse_address(text)
    assert address.is_local is local
    async with client_session(address) as session:
        assert session.trust_env is not local
