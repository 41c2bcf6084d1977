"""`loom list`, `search`, `export` and `import`, as people run them."""

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from loom.cli.threads import set_private
from loom.cli.threads_table import ago, table, tamed
from loom.core.history import MessageEntry
from loom.core.messages import Message, Text, Thread
from loom.threads.lease import Holder, take
from loom.threads.location import database
from loom.threads.store import ThreadStore

Loom = Callable[..., subprocess.CompletedProcess[str]]
ID = "T-0198a3b2-1c4d-7000-8000-000000000001"


def said(text: str) -> MessageEntry:
    return MessageEntry(Message("user", (Text(text),)))


@pytest.fixture
async def store(clean_environment: dict[str, str], tmp_path: Path) -> ThreadStore:
    """The store that the program under test reads, with a thread of its folder and another."""
    async with ThreadStore.open(database(clean_environment)) as opened:
        await opened.create(
            Thread(ID, workspace=str(tmp_path), git_branch="main"), [said("Fix the login")]
        )
        await opened.create(Thread("T-other", workspace="/o/there"), [said("Paint\x1b[2J it")])
    return opened


def test_list_shows_the_threads_of_this_folder(store: ThreadStore, loom: Loom) -> None:
    assert loom("list").stdout.splitlines() == [
        "ID               TITLE          MSGS  LAST ACTIVITY  BRANCH",
        "T-0198a3b2-1c4d  Fix the login  1     just now       main",
    ]


def test_list_all_shows_every_folder_and_tames_titles(store: ThreadStore, loom: Loom) -> None:
    text = loom("list", "--all").stdout
    assert "T-other          Paint [2J it" in text
    assert text.splitlines()[1].endswith("there")
    assert len(text.splitlines()) == 3


def test_list_as_json_has_every_field(store: ThreadStore, loom: Loom) -> None:
    (thread,) = json.loads(loom("list", "--json").stdout)
    assert thread["id"] == ID
    assert set(thread) == {*Thread.__struct_fields__, "live"}


async def test_list_of_a_folder_without_threads_shows_the_others_and_says_so(
    loom: Loom, clean_environment: dict[str, str]
) -> None:
    async with ThreadStore.open(database(clean_environment)) as store:
        await store.create(Thread("T-other", title="theirs", workspace="/o"))
    done = loom("list")
    assert "theirs" in done.stdout
    assert done.stderr == "This folder has no threads; these are of other folders.\n"


async def test_list_leaves_out_what_was_opened_and_left(
    store: ThreadStore, loom: Loom, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    async with ThreadStore.open(database(clean_environment)) as opened:
        await opened.create(Thread("T-nothing", workspace=str(tmp_path)))
    assert "Fix the login" in loom("list").stdout
    assert "T-nothing" not in loom("list").stdout


def test_list_without_threads_says_how_to_start(loom: Loom) -> None:
    done = loom("list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "No threads yet" in done.stderr


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_limit_that_is_none_is_wrong_usage(loom: Loom, limit: str) -> None:
    assert loom("list", "--limit", limit).returncode == 2


def test_search_shows_the_thread_and_the_line(store: ThreadStore, loom: Loom) -> None:
    done = loom("search", "login")
    assert done.stdout == "T-0198a3b2-1c4d  Fix the login  (just now)\n    Fix the login\n"


def test_search_as_json_has_the_place_of_the_words(store: ThreadStore, loom: Loom) -> None:
    (hit,) = json.loads(loom("search", "-l", "1", "--json", "paint").stdout)
    assert (hit["thread"]["id"], hit["marks"]) == ("T-other", [[0, 5]])


def test_search_without_a_hit_says_so(store: ThreadStore, loom: Loom) -> None:
    done = loom("search", "nowhere")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Nothing found.\n")


def test_exported_thread_can_be_imported(store: ThreadStore, loom: Loom, tmp_path: Path) -> None:
    file = tmp_path / "thread.json"
    assert loom("export", "0198a3b2", "-o", str(file)).returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = loom("import", str(file))
    (new_id,) = done.stdout.split()
    assert done.stderr == "Imported 1 messages: Fix the login\n"
    assert loom("export", new_id).stdout.replace(new_id, ID) == file.read_text()


def test_format_follows_the_name_of_the_output(
    store: ThreadStore, loom: Loom, tmp_path: Path
) -> None:
    file = tmp_path / "thread.md"
    loom("export", ID, "-o", str(file))
    assert file.read_text() == loom("export", ID, "--format", "md").stdout
    assert file.read_text().startswith("# Fix the login\n")


def test_export_to_a_device_leaves_the_device_in_place(store: ThreadStore, loom: Loom) -> None:
    assert loom("export", ID, "-o", "/dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    "words", [("export", "T-no"), ("import", "/no/such/file"), ("import", "/dev/null")]
)
def test_failure_is_one_line_and_status_one(loom: Loom, words: tuple[str, ...]) -> None:
    done = loom(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


async def test_thread_is_marked_private_and_unmarked(tmp_path: Path) -> None:
    async with ThreadStore.open(tmp_path / "db") as store:
        await store.create(Thread("T-1"))
        assert (await set_private(store, "T-")).is_private
        assert not (await set_private(store, "T-1", False)).is_private


def test_table_fits_the_terminal() -> None:
    lines = table(("ID", "TITLE", "N"), [("T-1", "long " * 20, "7"), ("T-22", "語", "1")], 30)
    assert lines.splitlines() == [
        "ID    TITLE                  N",
        "T-1   long long long long…   7",
        "T-22  語                     1",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (7_200, "2 h ago"),
        (90_000, "1 d ago"),
    ],
)
def test_age_is_told_in_the_largest_unit(seconds: int, text: str) -> None:
    assert ago(0, seconds * 1000) == text


def test_old_activity_is_a_date() -> None:
    assert ago(0, 40 * 86_400_000) in ("1970-01-01", "1969-12-31")


def test_titles_cannot_speak_to_the_terminal() -> None:
    assert tamed("a\x1b]0;x\x07\u202eb\nc👩\u200d💻") == "a ]0;x  b c👩\u200d💻"


def test_what_is_deleted_is_listed_and_found_no_more_until_that_is_undone(
    store: ThreadStore, loom: Loom
) -> None:
    done = loom("delete", "0198", ID)
    assert done.stdout == f"{ID} (Fix the login) is deleted. Undo: loom delete --undo {ID}\n"
    assert "Fix the login" not in loom("list", "--all").stdout
    assert loom("search", "login").stdout == ""
    assert "its whole ID alone" in loom("delete", "--undo", ID[:12]).stderr
    assert loom("delete", "--undo", ID).stdout == f"{ID} (Fix the login) is back.\n"
    assert "Fix the login" in loom("list", "--all").stdout


def test_where_one_is_not_there_nothing_is_deleted(store: ThreadStore, loom: Loom) -> None:
    done = loom("delete", ID, "the", "old", "tests")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no thread begins with 'the'" in done.stderr
    assert "loom -- delete" in done.stderr
    assert "Fix the login" in loom("list", "--all").stdout


def test_a_thread_that_is_open_somewhere_is_not_deleted(
    store: ThreadStore, loom: Loom, clean_environment: dict[str, str]
) -> None:
    path = database(clean_environment).parent / "leases" / "T-other.lock"
    with take(path, Holder(1)):
        done = loom("delete", ID, "T-other")
    assert done.returncode == 1
    assert "T-other is open in another Loom" in done.stderr
    assert len(loom("list", "--all").stdout.splitlines()) == 3
