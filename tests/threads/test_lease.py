import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loom.core import codec
from loom.core.errors import ThreadNotFound
from loom.core.messages import Thread
from loom.threads.lease import Holder, _answer, take
from loom.threads.store import ThreadStore

OURS = Holder(os.getpid(), 1, "/run/ours")

OTHER = """
import os, sys
from pathlib import Path
from loom.threads.lease import Holder, _answer, take
lease = take(Path(sys.argv[1]), Holder(os.getpid(), 2, "/run/other"))
print(lease.is_ours, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leases" / "T-1.lock"


def start_other(path: Path) -> subprocess.Popen[bytes]:
    other = subprocess.Popen([sys.executable, "-c", OTHER, path], stdin=-1, stdout=-1)
    assert other.stdout is not None
    assert other.stdout.readline() == b"True\n"
    return other


def test_second_to_ask_is_told_who_has_it(path: Path) -> None:
    with take(path, OURS) as first:
        second = take(path, Holder(7))
        assert (first.is_ours, second.is_ours) == (True, False)
        assert second.holder == OURS


def test_released_lease_is_free_and_leaves_no_file(path: Path) -> None:
    take(path, OURS).release()
    assert list(path.parent.iterdir()) == []
    with take(path, Holder(7)) as next_one:
        assert next_one.is_ours


def test_releasing_what_is_not_ours_changes_nothing(path: Path) -> None:
    with take(path, OURS):
        take(path, Holder(7)).release()
        assert not take(path, Holder(8)).is_ours


def test_other_process_is_named_with_its_socket(path: Path) -> None:
    with start_other(path) as other:
        lease = take(path, OURS)
        assert lease.holder == Holder(other.pid, 2, "/run/other")
        other.kill()


def test_lease_of_a_killed_process_is_taken_over(path: Path) -> None:
    with start_other(path) as other:
        other.kill()
    assert path.exists()
    with take(path, OURS) as lease:
        assert lease.is_ours


def test_file_that_was_just_given_back_names_no_holder(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(codec.encode(OURS))
    descriptor = os.open(path, os.O_RDWR)
    path.unlink()
    assert _answer(descriptor, path, Holder(7)) is None


def test_lease_that_changes_hands_quickly_is_never_held_twice(path: Path) -> None:
    held: set[int] = set()

    def contend(pid: int) -> int:
        wins = 0
        for _ in range(300):
            with take(path, Holder(pid)) as lease:
                if lease.is_ours:
                    assert not held, "held twice"
                    held.add(pid)
                    held.discard(pid)
                    wins += 1
                else:
                    assert lease.holder.pid != pid
        return wins

    with ThreadPoolExecutor(4) as pool:
        assert min(pool.map(contend, range(1, 5))) > 0


async def test_store_leases_its_threads_only(store: ThreadStore) -> None:
    await store.create(Thread("T-1"))
    with await store.lease("T-1", OURS) as lease:
        assert lease.is_ours
        assert not (await store.lease("T-1", Holder(7))).is_ours
    with pytest.raises(ThreadNotFound):
        await store.lease("../../T-1", OURS)
