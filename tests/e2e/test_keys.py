"""No key reaches the model, its commands, the disk or the screen.

A real turn runs a probe (`probe.py`) by the agent's own `bash`: it searches its environment, every
`/proc/*/environ` and `/proc/*/mem`, every file and every Unix socket it can find. A control key in
a variable that is no secret shows that the probe would find the others.

What holds without bubblewrap is tested apart, at the end: there only the environment is clean, and
`/proc` of Loom is closed to everyone but root.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from loom.core.codec import decode_event
from loom.core.protocol import ToolFinished
from tests.e2e.conftest import Home
from tests.e2e.person import say
from tests.fakes.providers import Asked, Call, FakeProvider, Say, Turn

PROBE = Path(__file__).with_name("probe.py")
DIGITS = "0123456789abcdef"
CONTROL = f"sk-e2e-control-{DIGITS}"
IN_FILE, IN_VARIABLE, OWN_VARIABLE, TOKEN = (
    f"sk-e2e-{name}-{DIGITS}" for name in ("file", "plain", "server", "token")
)
KEYS = (IN_FILE, IN_VARIABLE, OWN_VARIABLE, TOKEN)
SEARCHES = ("environment", "environ_files", "memory", "files", "sockets")


class Machine:
    """A home with keys in every place that Loom reads them from."""

    def __init__(self, home: Home, *, is_workspace_home: bool) -> None:
        self.home = home
        if is_workspace_home:
            shutil.copytree(home.home, home.workspace, dirs_exist_ok=True)
            (home.workspace / "run").mkdir(mode=0o700)
            home.variables["HOME"] = str(home.workspace)
            home.variables["XDG_RUNTIME_DIR"] = str(home.workspace / "run")
        self.folder = Path(home.environment["HOME"])
        self.key_file = home.workspace / "anthropic.key"
        self.key_file.write_text(IN_FILE)
        state = self.folder / ".local/state/loom"
        state.mkdir(parents=True)
        (state / "server-token").write_text(TOKEN)
        shutil.copy(PROBE, home.workspace)

    def variables(self, fake: FakeProvider) -> dict[str, str]:
        return {
            "LOOM_SERVER_ANTHROPIC_API_KEY_FILE": str(self.key_file),
            "LOOM_SERVER_ANTHROPIC_BASE_URL": fake.url,
            "OPENAI_API_KEY": IN_VARIABLE,
            "LOOM_SERVER_VERTEX_API_KEY": OWN_VARIABLE,
            "LOOM_TOKEN": TOKEN,
            "E2E_CONTROL": CONTROL,
        }

    @property
    def command(self) -> str:
        folders = (self.home.root, self.folder, self.home.environment["XDG_RUNTIME_DIR"], "/etc")
        return shlex.join([sys.executable, "probe.py", *map(str, folders)])

    def play(self, asked: Asked) -> Turn:
        if asked.results:
            return Turn(Say("I have looked everywhere."))
        return Turn(Call("bash", {"command": self.command, "timeout_secs": 60}))

    def files_with_keys(self) -> set[str]:
        """Names of the files anywhere on this machine that hold a key."""
        found = set()
        for path in self.home.root.rglob("*"):
            if path.is_file() and any(key.encode() in path.read_bytes() for key in KEYS):
                found.add(path.name)
        return found


@pytest.fixture(params=[False, True], ids=["in a project", "in the home folder"])
def machine(home: Home, request: pytest.FixtureRequest) -> Machine:
    return Machine(home, is_workspace_home=request.param)


async def test_no_key_is_seen_from_the_app(machine: Machine, loom):
    async with FakeProvider(machine.play) as fake:
        screen = await loom("--mode", "auto", **machine.variables(fake))
        await screen.until("ready")
        await say(screen, "look for keys")
        await screen.until("I have looked everywhere.", "ready", timeout=45)
        screen.key("ctrl+d")
        assert await screen.exit() == 0
    check_confined(probed(fake))
    assert_no_key(bytes(screen.output).decode())
    assert machine.files_with_keys() == {"anthropic.key", "server-token"}


async def test_no_key_is_seen_from_one_answer(machine: Machine, run):
    async with FakeProvider(machine.play) as fake:
        words = ("-p", "look for keys", "--json", "--mode", "auto")
        done = await run(*words, **machine.variables(fake))
    assert done.status == 0, done.err
    check_confined(probed(fake))
    assert_no_key(done.out + done.err)
    events = [decode_event(line) for line in done.out.splitlines()]
    assert any(isinstance(event, ToolFinished) for event in events)
    assert machine.files_with_keys() == {"anthropic.key", "server-token"}


async def test_without_a_sandbox_the_environment_is_clean_and_loom_is_closed(home: Home, run):
    machine = Machine(home, is_workspace_home=False)
    look = "env; cat /proc/$PPID/environ > /dev/null && echo open || echo closed"
    async with FakeProvider([Turn(Call("bash", {"command": look})), Turn(Say("Done."))]) as fake:
        unconfined = {"LOOM_SANDBOX__ENABLED": "false", **machine.variables(fake)}
        done = await run("-p", "look", "--mode", "auto", "--allow", "bash", **unconfined)
    assert done.status == 0, done.err
    said = probed(fake)
    assert CONTROL in said
    assert_no_key(said)
    # Root may read every process; for everyone else the kernel refuses Loom's.
    assert ("open" if os.getuid() == 0 else "closed") in said.splitlines()


def probed(fake: FakeProvider) -> str:
    """What the probe said, as the model got it."""
    requests = [record for record in fake.requests if record.method == "POST"]
    (result,) = requests[-1].asked.results
    return result


def check_confined(said: str) -> None:
    """The probe ran to its end, sees what is no secret, and nothing else."""
    lines = said.splitlines()
    assert [line for line in lines if line.endswith("done")] == [f"{s} done" for s in SEARCHES]
    for search in ("environment", "environ", "memory"):
        assert f"{search} found {CONTROL}" in lines, said
    assert {line for line in lines if " reached " in line} == {"sockets reached own"}, said
    assert_no_key(said)


def assert_no_key(text: str) -> None:
    """None of the keys is in `text`, and nothing that was cut off one."""
    assert [key for key in KEYS if key[:-4] in text] == []
