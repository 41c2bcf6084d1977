import json
import signal
import subprocess
from pathlib import Path
from urllib.request import urlopen

from tests.cli.conftest import Loom, Serve

PEM = Path(__file__).parents[1] / "fakes" / "tls" / "self_signed.pem"


def test_the_server_says_where_it_listens_and_where_its_token_is(serve: Serve) -> None:
    served = serve()
    with urlopen(f"{served.url}/health", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("application/json")
    token_file = Path(served.greeting[1].rsplit(" ", 1)[-1].strip())
    assert token_file.stat().st_mode & 0o077 == 0


def test_a_signal_stops_the_server_in_order(serve: Serve) -> None:
    process = serve().process
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


def test_a_wrong_setting_of_the_server_is_named(loom: Loom) -> None:
    done = loom("--server", LOOM_SERVER_PORT="many")
    assert done.returncode == 1
    assert "LOOM_SERVER_PORT" in done.stderr


def test_every_setting_of_the_server_says_what_decided_it(loom: Loom, tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('[server]\nport = 1234\n[providers.anthropic]\napi_key = "sk-in-the-file"\n')
    done = loom(
        *("server", "--config", str(file), "config", "--json"),
        LOOM_SERVER_HOST="::1",
        OPENAI_API_KEY="sk-in-the-environment",
    )
    told = json.loads(done.stdout)
    assert told["server.port"] == {"value": 1234, "origin": "server.port"}
    assert told["server.host"] == {"value": "::1", "origin": "LOOM_SERVER_HOST"}
    assert told["server.body_limit"]["origin"] == "default"
    key = told["providers.anthropic.api_key"]
    assert key == {"value": "[REDACTED]", "origin": "providers.anthropic.api_key"}
    assert told["providers.openai.api_key"]["origin"] == "OPENAI_API_KEY"
    assert "sk-in" not in done.stdout + done.stderr


def test_the_servers_file_can_be_named_by_a_variable(loom: Loom, tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text("[server]\nport = 4321\n")
    done = loom("server", "config", LOOM_SERVER_CONFIG=str(file))
    assert "4321" in done.stdout


def test_an_operators_command_finds_the_server_that_runs_wherever_it_listens(
    loom: Loom, serve: Serve
) -> None:
    served = serve()
    done = loom("server", "link", "you@example.com")
    assert done.stdout.startswith(f"{served.url}/auth/magic-link/verify?token=")
    assert "LOOM_SERVER_BASE_URL" in done.stdout
    served.process.kill()
    served.process.wait()
    done = loom("server", "link", "you@example.com")
    assert done.returncode == 1 and "127.0.0.1:8080" in done.stderr


def test_an_operators_command_reaches_a_server_whose_certificate_is_for_another_name(
    loom: Loom, serve: Serve
) -> None:
    served = serve(LOOM_SERVER_TLS_CERT=str(PEM))
    done = loom("server", "link", "you@example.com")
    assert done.stdout.startswith(f"{served.url}/auth/magic-link/verify?token="), done.stderr


def test_an_operators_command_shows_its_token_to_no_other_certificate(
    loom: Loom, serve: Serve, tmp_path: Path
) -> None:
    """Another process may have taken the port, with a certificate of its own."""
    serve(LOOM_SERVER_TLS_CERT=str(PEM))
    address = tmp_path / ".local" / "state" / "loom" / "server-address"
    other = tmp_path / "other.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /dev/null -out"
    subprocess.run([*command.split(), str(other)], check=True, capture_output=True)
    address.write_text(address.read_text().replace(str(PEM), str(other)))
    done = loom("server", "link", "you@example.com")
    assert done.returncode == 1 and "certificate is not believed" in done.stderr
