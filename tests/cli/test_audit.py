import json
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import Loom, Serve, Served
from tests.cli.office import Office

KEY = "0123456789abcdef" * 4


def knock(served: Served) -> None:
    """One request that is refused, and so noted, whoever asked the same a moment ago."""
    wrong = {"Authorization": "Bearer wrong"}
    with suppress(HTTPError, OSError):
        urlopen(Request(f"{served.url}/auth/me", headers=wrong), timeout=10).close()


def token(served: Served) -> str:
    return Path(served.greeting[1].rsplit(" ", 1)[-1].strip()).read_text().strip()


def asked(served: Served) -> dict[str, str]:
    """The variables of somebody who asks this server."""
    return {"LOOM_SERVER_URL": served.url, "LOOM_TOKEN": token(served)}


def read(served: Served) -> None:
    """One request that leaves a line of its own each time."""
    headers = {"Authorization": f"Bearer {token(served)}"}
    with suppress(HTTPError, OSError):
        urlopen(Request(f"{served.url}/api/admin/audit", headers=headers), timeout=10).close()


def test_the_log_is_listed_exported_and_verified(loom: Loom, serve: Serve, tmp_path: Path) -> None:
    served = serve()
    knock(served)
    asking = asked(served)
    page = json.loads(loom("audit", "list", "--outcome", "denied", "--json", **asking).stdout)
    assert [entry["type"] for entry in page["entries"]] == ["access.denied"]
    text = loom("audit", "list", **asking).stdout
    assert text.startswith("SEQ")
    assert "access.denied" in text
    done = loom("audit", "export", "-o", "audit.jsonl", **asking)
    assert done.returncode == 0, done.stderr
    done = loom("audit", "verify", "--file", "audit.jsonl")
    assert (done.returncode, "sound" in done.stdout) == (0, True)


def test_people_are_listed_by_address_and_found_by_it(office: Callable[..., Office]) -> None:
    people = office("alice", "bob")
    people.did("root", "admin", "role", "alice@example.com", "auditor")
    people.did("root", "admin", "role", "bob@example.com", "support")
    lines = people.did("alice", "audit", "list", "--type", "admin.roles").splitlines()
    assert [line.split()[1:5:3] for line in lines[1:]] == [["admin.roles", "root@example.com"]] * 2
    assert "user:bob@example.com" in lines[1]
    found = people.told("alice", "audit", "list", "--actor", "root@example.com", "--type", "admin")
    (root,) = {entry["actor_id"] for entry in found["entries"]}
    assert found["people"][root] == "root@example.com"
    assert people.run("alice", "audit", "list", "--actor", "eve@example.com").stdout == ""
    token = people.told("root", "admin", "impersonate", "bob@example.com")["token"]
    people.run(token, "org", "create", "Acme")
    assert "root@example.com as bob@example.com" in people.did("alice", "audit", "list")


def test_the_server_on_this_machine_is_asked_when_no_other_is_named(
    loom: Loom, serve: Serve
) -> None:
    served = serve()
    read(served)
    port = served.url.rpartition(":")[2]
    done = loom("audit", "head", LOOM_SERVER_PORT=port)
    assert done.returncode == 0, done.stderr
    seq, _, hash_ = done.stdout.strip().partition(":")
    assert (seq.isdecimal(), len(hash_)) == (True, 64)


def test_a_running_servers_database_is_verified(loom: Loom, serve: Serve) -> None:
    served = serve()
    knock(served)
    # Whoever reads the log has it written first.
    read(served)
    done = loom("audit", "verify")
    assert (done.returncode, "sound" in done.stdout) == (0, True), done.stdout + done.stderr


def kill(served: Served) -> None:
    served.process.send_signal(signal.SIGKILL)
    served.process.wait(timeout=20)


def while_it_works(served: Served, act: Callable[[Served], None], lines: int) -> None:
    """Kills the server in the middle of writing lines."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            read(served)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for _ in range(lines):
        read(served)
    act(served)
    is_over.set()
    for worker in workers:
        worker.join()


def test_after_kill_9_the_chain_is_sound_and_goes_on(loom: Loom, serve: Serve) -> None:
    for round_ in range(3):
        while_it_works(serve(), kill, 10 + round_ * 7)
        done = loom("audit", "verify", "--json")
        report = json.loads(done.stdout)
        assert report["is_sound"], report
    assert report["lines"] > 30


def database(tmp_path: Path) -> Path:
    (found,) = tmp_path.rglob("server.db")
    return found


def test_tampering_ends_with_status_1_and_its_place(
    loom: Loom, serve: Serve, tmp_path: Path
) -> None:
    served = serve()
    for _ in range(5):
        read(served)
    kill(served)
    head = json.loads(loom("audit", "verify", "--json").stdout)["head"]
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("UPDATE audit SET body = replace(body, 'ok', 'no') WHERE seq = 3")
        connection.execute("UPDATE audit SET body = replace(body, '127.0', '8.8') WHERE seq = 3")
    done = loom("audit", "verify")
    assert done.returncode == 1
    assert done.stdout.startswith("line 3: ")
    assert "tampered" in done.stderr
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("DELETE FROM audit")
        connection.execute("DELETE FROM audit_marks")
    assert loom("audit", "verify").stdout == "The audit log is empty.\n"
    done = loom("audit", "verify", "--anchor", head)
    assert (done.returncode, "anchor" in done.stdout) == (1, True)


def test_a_keyed_chain_is_verified_with_the_key_alone(
    loom: Loom, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(KEY)
    variables = {"LOOM_SERVER_AUDIT_KEY_FILE": str(tmp_path / "key")}
    served = serve(**variables)
    read(served)
    read(served)
    kill(served)
    assert "(keyed)" in loom("audit", "verify", **variables).stdout
    assert "(keyed)" in loom("audit", "verify", "--key-file", "key").stdout
    done = loom("audit", "verify")
    assert (done.returncode, "was not given" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audit", "verify", "--file", "missing"), "cannot read missing"),
        (("audit", "verify", "--db", "missing"), "there is no database at missing"),
        (("audit", "verify", "--anchor", "x"), "is not SEQ:HASH"),
        (("audit", "list"), "cannot reach the Loom server"),
    ],
)
def test_what_cannot_be_done_is_said(loom: Loom, words: tuple[str, ...], said: str) -> None:
    done = loom(*words, LOOM_SERVER_URL="http://127.0.0.1:9")
    assert done.returncode != 0
    assert said in done.stderr


def test_a_short_key_is_refused(loom: Loom) -> None:
    done = loom("--server", LOOM_SERVER_AUDIT_KEY="short")
    assert (done.returncode, "audit key" in done.stderr) == (1, True)
