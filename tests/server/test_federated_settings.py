"""The settings of identity providers, and what they cost a server that has none."""

import subprocess
import sys
from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.server.config import server_config

BASE = {"LOOM_SERVER_BASE_URL": "https://loom.example", "HOME": "/nowhere"}


def test_each_provider_is_configured_by_variables(tmp_path: Path):
    (tmp_path / "secret").write_text("s3cr3t\n")
    config = server_config(
        {
            **BASE,
            "LOOM_SERVER_GITHUB_CLIENT_ID": "Iv1.0",
            "LOOM_SERVER_GITHUB_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
            "LOOM_SERVER_GOOGLE_CLIENT_ID": "1.apps.googleusercontent.com",
            "LOOM_SERVER_GOOGLE_CLIENT_SECRET": "s3cr3t",
            "LOOM_SERVER_OKTA_METADATA_URL": "https://acme.okta.com/app/x/sso/saml/metadata",
            "LOOM_SERVER_OKTA_EMAIL_DOMAINS": "Acme.example, acme.org",
        }
    )
    known = config.federated
    assert known.names == ("github", "google", "okta")
    assert known.github and known.github.client_secret
    assert known.github.client_secret.expose() == "s3cr3t"
    assert known.okta and known.okta.email_domains == ("acme.example", "acme.org")
    assert len(config.secrets()) == 2
    assert "s3cr3t" not in repr(config)


def test_each_provider_is_configured_in_the_file(tmp_path: Path):
    file = tmp_path / "server.toml"
    file.write_text(
        '[login.github]\nclient_id = "a"\nclient_secret = "b"\n'
        'base_url = "https://git.acme.example"\napi_url = "https://git.acme.example/api/v3"\n'
        'email_domains = ["acme.example"]\n'
        '[login.google]\nclient_id = "a"\nclient_secret = "b"\nhosted_domain = "acme.example"\n'
        'email_domains = ["acme.example"]\n'
        '[login.okta]\nmetadata_file = "okta.xml"\nidp_initiated = "accept"\n'
        'email_domains = ["@Acme.example"]\n'
    )
    known = server_config(BASE, file).federated
    assert known.github and known.github.api_url == "https://git.acme.example/api/v3"
    assert known.google and known.google.hosted_domain == "acme.example"
    assert known.okta and known.okta.idp_initiated == "accept"
    assert known.okta.email_domains == ("acme.example",)


CLIENT = 'client_id = "a"\nclient_secret = "b"\n'


@pytest.mark.parametrize(
    "table",
    [
        '[login.okta]\nmetadata_url = "https://acme.okta.com/metadata"',
        f'[login.github]\n{CLIENT}base_url = "https://git.acme.example"',
        f'[login.github]\n{CLIENT}api_url = "https://git.acme.example/api/v3"',
        f'[login.google]\n{CLIENT}issuer = "https://login.acme.example"',
        f'[login.google]\n{CLIENT}issuer = "https://a.example"\nhosted_domain = "acme.example"',
    ],
)
def test_whoever_administers_a_provider_can_be_nobody_elsewhere(tmp_path: Path, table: str):
    file = tmp_path / "server.toml"
    file.write_text(table)
    with pytest.raises(ConfigError, match="could sign in as anybody") as refused:
        server_config(BASE, file)
    assert "_EMAIL_DOMAINS" in refused.value.hint


def test_what_is_everybodys_needs_no_domains(tmp_path: Path):
    file = tmp_path / "server.toml"
    file.write_text(f"[login.github]\n{CLIENT}[login.google]\n{CLIENT}")
    assert server_config(BASE, file).federated.names == ("github", "google")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[login.github]\nclient_id = "a"', "client_secret"),
        ('[login.google]\nclient_secret = "a"', "client_id"),
        ('[login.gitlab]\nclient_id = "a"', "login.gitlab"),
        ('[login.github]\nclient = "a"', "login.github.client"),
        ('[login.okta]\nentity_id = "a"', "one way"),
        ('[login.okta]\nmetadata_file = "a"\nmetadata_url = "https://a"', "one way"),
        ('[login.okta]\nmetadata_file = "a"\nprivate_key_file = "a"', "own_certificate_file"),
        ('[login.okta]\nmetadata_file = "a"\nidp_initiated = "yes"', "idp_initiated"),
        ('[login.okta]\nmetadata_url = "ftp://a"', "metadata_url"),
    ],
)
def test_a_wrong_setting_of_a_provider_is_named(tmp_path: Path, table: str, says: str):
    file = tmp_path / "server.toml"
    file.write_text(table)
    with pytest.raises(ConfigError, match=says):
        server_config(BASE, file)


def test_a_provider_needs_the_address_that_people_use():
    environment = {
        "HOME": "/nowhere",
        "LOOM_SERVER_GITHUB_CLIENT_ID": "a",
        "LOOM_SERVER_GITHUB_CLIENT_SECRET": "b",
    }
    with pytest.raises(ConfigError, match="address is not set") as refused:
        server_config(environment)
    assert "LOOM_SERVER_BASE_URL" in refused.value.hint


def test_what_a_provider_needs_is_imported_when_somebody_signs_in():
    code = (
        "import sys, loom.server.routes.federated, loom.server.login.ways\n"
        "print([n for n in ('lxml', 'signxml', 'authlib', 'joserfc') if n in sys.modules])"
    )
    said = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
