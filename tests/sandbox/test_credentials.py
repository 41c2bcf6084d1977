from pathlib import Path

import pytest

from loom.sandbox.credentials import credential_paths

HOME = Path("/home/somebody")


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("ANTHROPIC_API_KEY_FILE", "/keys/a", "/keys/a"),
        ("LOOM_SERVER_TOKEN_FILE", "~/token", "/home/somebody/token"),
        ("LOOM_TOKEN_FILE", "/keys/t", "/keys/t"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/keys/g.json", "/keys/g.json"),
        ("KUBECONFIG", "/k/one:/k/two", "/k/two"),
        ("SSH_AUTH_SOCK", "/run/agent", "/run/agent"),
        ("XDG_RUNTIME_DIR", "/run/elsewhere", "/run/elsewhere"),
        ("XDG_CONFIG_HOME", "/settings", "/settings/loom"),
    ],
)
def test_variable_names_a_place_to_be_hidden(name: str, value: str, path: str) -> None:
    assert Path(path) in credential_paths(HOME, {name: value})


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "LOG_FILE", "NODE_EXTRA_CA_CERTS"])
def test_file_that_programs_need_is_not_hidden(name: str) -> None:
    assert Path("/etc/needed") not in credential_paths(HOME, {name: "/etc/needed"})


def test_relative_name_is_left_alone() -> None:
    before = credential_paths(HOME, {})
    assert credential_paths(HOME, {"SOME_KEY_FILE": "relative"}) == before


def test_container_socket_is_among_them() -> None:
    assert Path("/run/docker.sock") in credential_paths(HOME, {})
