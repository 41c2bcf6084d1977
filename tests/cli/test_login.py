"""`loom login`, `whoami` and `logout`, as people type them, at a server of their own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import Loom, Serve, Served
from tests.server.visitor import visiting

Approve = Callable[[str], None]
KEYRING = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@contextmanager
def logging_in(
    environment: Mapping[str, str], folder: Path, *words: str
) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "loom", "login", "--no-browser", *words]
    with subprocess.Popen(
        command,
        env=dict(environment),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def page_of(process: subprocess.Popen[str]) -> str:
    """The address that `loom login` prints, once it waits."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith("Waiting"):
            return next(each for each in lines if each.startswith("http"))
    assert process.stderr is not None
    raise AssertionError(f"{lines} {process.stderr.read()}")


def port_of(served: Served) -> dict[str, str]:
    return {"LOOM_SERVER_PORT": str(urlsplit(served.url).port)}


def approved(served: Served, loom: Loom, page: str, decision: str = "approve") -> None:
    """A person without any account signs in by the operator's link, and decides."""
    made = loom("server", "link", "ann@example.com", "--json", **port_of(served))
    assert made.returncode == 0, made.stderr
    asyncio.run(_decide(served.url, json.loads(made.stdout)["url"], page, decision))


async def _decide(url: str, link: str, page: str, decision: str) -> None:
    async with visiting(url) as browser:
        confirm = await browser.open(link)
        await browser.press(confirm.form("Sign in"))
        shown = await browser.open(page)
        said = await browser.press(shown.form("ApproveDeny"), decision=decision)
        assert said.status == 200


@pytest.fixture
def signed_in(
    serve: Serve, loom: Loom, clean_environment: dict[str, str], tmp_path: Path
) -> Callable[..., Served]:
    def start(**variables: str) -> Served:
        served = serve()
        environment = {**clean_environment, **NO_KEYRING, **variables}
        with logging_in(environment, tmp_path, "--server-url", served.url + "/") as process:
            approved(served, loom, page_of(process))
            out, err = process.communicate(timeout=20)
            assert process.returncode == 0, err
            assert f"Signed in to {served.url} as ann@example.com" in out
        return served

    return start


def credentials(tmp_path: Path) -> Path:
    return tmp_path / ".config/loom/credentials.json"


def test_one_signs_in_by_a_code_and_every_command_is_that_person(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    served = signed_in()
    file = credentials(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(json.loads(file.read_text())) == [served.url]
    assert f'server_url = "{served.url}"' in (tmp_path / ".config/loom/config.toml").read_text()
    me = json.loads(loom("whoami", "--json").stdout)
    assert (me["user"]["email"], me["user"]["roles"]) == ("ann@example.com", ["system_admin"])
    assert loom("org", "list").returncode == 0
    answer = loom("-p", "hello", "--provider", "demo")
    assert answer.returncode == 0, answer.stderr
    text = loom("whoami").stdout
    assert text.startswith("ann <ann@example.com> (system_admin) at") and "* ann" in text


def test_one_signs_out_here_and_at_the_server(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    served = signed_in()
    (entry,) = json.loads(credentials(tmp_path).read_text()).values()
    assert f"Signed out of {served.url}" in loom("logout").stdout
    assert json.loads(credentials(tmp_path).read_text()) == {}
    said = loom("whoami")
    assert said.returncode == 1 and "loom login" in said.stderr
    again = loom("whoami", LOOM_TOKEN=entry["token"])
    assert again.returncode == 1 and "whoami" not in again.stdout
    assert "not signed in" in loom("logout").stdout


def test_signing_out_of_a_server_that_is_away_forgets_the_token_and_says_so(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    served = signed_in()
    served.process.terminate()
    served.process.wait(20)
    said = loom("logout")
    assert said.returncode == 0 and "could not be told" in said.stdout
    assert json.loads(credentials(tmp_path).read_text()) == {}


def test_the_token_is_in_the_systems_keyring_where_there_is_one(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    served = signed_in(**KEYRING)
    assert json.loads(credentials(tmp_path).read_text()) == {served.url: {"keyring": True}}
    assert "ann@example.com" in loom("whoami", **KEYRING).stdout
    assert loom("logout", **KEYRING).returncode == 0
    assert loom("whoami", **KEYRING).returncode == 1


def test_a_keyring_that_is_a_file_in_plain_text_is_none(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    # keyrings.alt is all that a machine without a desktop has.
    served = signed_in()
    kept = json.loads(credentials(tmp_path).read_text())[served.url]
    assert kept["token"].startswith("lt_")
    assert not list(tmp_path.rglob("keyring_pass.cfg"))


def test_a_keyring_that_is_shut_is_said_and_one_can_sign_out_all_the_same(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    signed_in(**KEYRING)
    said = loom("whoami", **NO_KEYRING)
    assert said.returncode == 1 and "keyring" in said.stderr and "Traceback" not in said.stderr
    said = loom("logout", **NO_KEYRING)
    assert said.returncode == 0 and "could not be told" in said.stdout
    assert json.loads(credentials(tmp_path).read_text()) == {}


def test_who_is_denied_is_told_and_nothing_is_kept(
    serve: Serve, loom: Loom, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    served = serve()
    with logging_in(clean_environment, tmp_path, "--server-url", served.url) as process:
        approved(served, loom, page_of(process), "deny")
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "denied" in err
    assert not credentials(tmp_path).exists()
    assert not (tmp_path / ".config/loom/config.toml").exists()


def test_ctrl_c_ends_the_waiting(
    serve: Serve, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    import signal

    served = serve()
    with logging_in(clean_environment, tmp_path, "--server-url", served.url) as process:
        page_of(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130 and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("login",), "--server-url"),
        (("login", "--server-url", "ftp://x"), "not a server address"),
        (("login", "--server-url", "http://127.0.0.1:9"), "cannot reach"),
        (("whoami",), "--server-url"),
        (("server", "link", "ann@example.com"), "cannot reach"),
    ],
)
def test_what_cannot_be_done_is_said(loom: Loom, words: tuple[str, ...], said: str) -> None:
    done = loom(*words, LOOM_SERVER_PORT="9")
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_others_can_read_is_closed_to_them(
    signed_in: Callable[..., Served], loom: Loom, tmp_path: Path
) -> None:
    signed_in()
    credentials(tmp_path).chmod(0o644)
    assert loom("whoami").returncode == 0
    assert credentials(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_broken_file_is_named(loom: Loom, tmp_path: Path) -> None:
    file = credentials(tmp_path)
    file.parent.mkdir(parents=True)
    for text in ("{", "[]", '{"http://127.0.0.1:9": "lt_x"}', "\udcff"):
        file.write_text(text, errors="surrogateescape")
        done = loom("whoami", "--server-url", "http://127.0.0.1:9")
        assert done.returncode == 1 and "credentials.json" in done.stderr
        assert os.listdir(file.parent) == ["credentials.json"]
