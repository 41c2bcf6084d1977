import signal
from pathlib import Path
from urllib.request import urlopen

from tests.cli.conftest import Loom, Serve


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
