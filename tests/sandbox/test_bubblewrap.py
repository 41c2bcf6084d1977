import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loom.sandbox import Bubblewrap, Sandbox, find_sandbox
from tests.sandbox.conftest import ENVIRONMENT, KEYS, run


def test_only_the_workspace_can_be_written(sandbox: Sandbox, home: Path, workspace: Path) -> None:
    said = run(
        sandbox, workspace, "echo in > f; echo out > ../notes.txt; echo out > /etc/loom-test"
    )
    assert (workspace / "f").read_text() == "in\n"
    assert (home / "notes.txt").read_text() == "not a key"
    assert said.count("Read-only file system") == 2


def test_what_is_no_credential_can_be_read(sandbox: Sandbox, workspace: Path) -> None:
    assert run(sandbox, workspace, "cat ../notes.txt") == "not a key"


@pytest.mark.parametrize("name", KEYS)
def test_credentials_of_the_home_are_hidden(sandbox: Sandbox, workspace: Path, name: str) -> None:
    assert (workspace.parent / name).read_text() == "the-key"
    assert "the-key" not in run(sandbox, workspace, f"cat ../{name}")


def test_credential_that_appears_later_is_hidden_from_the_next_command(
    sandbox: Sandbox, home: Path, workspace: Path
) -> None:
    (home / ".pypirc").write_text("the-key")
    assert "the-key" not in run(sandbox, workspace, "cat ../.pypirc")


def test_credential_behind_a_link_is_hidden(home: Path, workspace: Path) -> None:
    (home / "elsewhere").mkdir()
    (home / "elsewhere/token").write_text("the-key")
    (home / ".kube").symlink_to(home / "elsewhere")
    sandbox = find_sandbox(home, environment=ENVIRONMENT)
    assert "the-key" not in run(sandbox, workspace, "cat ../.kube/token ../elsewhere/token")


def test_credential_in_a_home_that_is_the_workspace_is_hidden(sandbox: Sandbox, home: Path) -> None:
    said = run(sandbox, home, "cat .netrc .ssh/id_ed25519; echo x > new; echo x > .ssh/config")
    assert "the-key" not in said
    assert (home / "new").exists()
    assert not (home / ".ssh/config").exists()


def test_workspace_in_a_hidden_folder_is_still_seen(home: Path) -> None:
    workspace = home / ".config/gh/project"
    workspace.mkdir(parents=True)
    (home / ".config/gh/hosts.yml").write_text("the-key")
    sandbox = find_sandbox(home, environment=ENVIRONMENT)
    said = run(sandbox, workspace, "echo mine > f; cat f ../hosts.yml")
    assert said.startswith("mine")
    assert "the-key" not in said


def test_key_file_that_a_variable_names_is_hidden(home: Path, workspace: Path) -> None:
    key = home / "some-file"
    key.write_text("the-key")
    named = ENVIRONMENT | {"LOOM_SERVER_OPENAI_API_KEY_FILE": str(key)}
    assert "the-key" in run(find_sandbox(home, environment=ENVIRONMENT), workspace, f"cat {key}")
    assert "the-key" not in run(find_sandbox(home, environment=named), workspace, f"cat {key}")


def test_looms_own_folders_are_hidden(home: Path, workspace: Path) -> None:
    own = [home / below / "loom" for below in (".config", ".local/share", ".local/state", ".cache")]
    for folder in own:
        folder.mkdir(parents=True)
        (folder / "secret").write_text("the-key")
    sandbox = find_sandbox(home, environment=ENVIRONMENT)
    assert "the-key" not in run(sandbox, workspace, "cat ../.*/loom/* ../.local/*/loom/*")


@pytest.fixture
def bystander() -> Iterator[int]:
    argv = ["cat", "/dev/null", "/dev/zero"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        yield process.pid
        process.kill()


def test_processes_outside_cannot_be_seen(
    sandbox: Sandbox, workspace: Path, bystander: int
) -> None:
    assert "/dev/zero" in Path(f"/proc/{bystander}/cmdline").read_text()
    seen = run(sandbox, workspace, "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; done")
    assert "bwrap" in seen
    assert "/dev/zero" not in seen


def test_temporary_files_are_private(sandbox: Sandbox, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").touch()
    said = run(
        sandbox, workspace, f"ls {tmp_path}; touch /tmp/loom-test-inside /var/tmp/x && echo ok"
    )
    assert "No such file" in said
    assert said.endswith("ok\n")
    assert not Path("/tmp/loom-test-inside").exists()


def test_temporary_files_last_for_the_session(
    sandbox: Sandbox, workspace: Path, tmp_path: Path
) -> None:
    run(sandbox, workspace, "echo kept > /tmp/note", tmp_path / "scratch")
    assert run(sandbox, workspace, "cat /tmp/note", tmp_path / "scratch") == "kept\n"


def test_long_outputs_in_the_scratch_folder_can_be_read_but_not_changed(
    sandbox: Sandbox, workspace: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scratch/command.stdout"
    output.parent.mkdir()
    output.write_text("all of it")
    said = run(sandbox, workspace, f"cat {output}; echo x > {output}", output.parent)
    assert said.startswith("all of it")
    assert output.read_text() == "all of it"


def test_hooks_and_settings_of_git_cannot_be_changed(sandbox: Sandbox, workspace: Path) -> None:
    before = (workspace / ".git/config").read_text()
    run(
        sandbox,
        workspace,
        "echo evil > .git/hooks/pre-commit; git config core.hooksPath /tmp; rm -rf .git/hooks;"
        "mv .git old; rm .git/config; mv .git/config c; mv .git/hooks h",
    )
    assert (workspace / ".git/config").read_text() == before
    assert not (workspace / ".git/hooks/pre-commit").exists()
    assert not (workspace / "old").exists()


def test_hooks_cannot_be_planted_where_there_were_none(sandbox: Sandbox, workspace: Path) -> None:
    for sample in (workspace / ".git/hooks").iterdir():
        sample.unlink()
    (workspace / ".git/hooks").rmdir()
    run(sandbox, workspace, "mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit")
    assert not list((workspace / ".git/hooks").glob("*"))


def test_git_still_commits(sandbox: Sandbox, workspace: Path) -> None:
    who = "-c user.name=a -c user.email=a@b"
    said = run(
        sandbox, workspace, f"echo x > f && git add f && git {who} commit -qm one && git log"
    )
    assert "    one\n" in said


def test_link_in_place_of_git_opens_nothing(sandbox: Sandbox, home: Path) -> None:
    workspace, elsewhere = home / "other", home / "elsewhere"
    workspace.mkdir()
    elsewhere.mkdir()
    (workspace / ".git").symlink_to(elsewhere)
    run(sandbox, workspace, f"touch .git/planted {elsewhere}/planted")
    assert not list(elsewhere.iterdir())


def test_privileges_cannot_be_gained_nor_mounts_undone(sandbox: Sandbox, workspace: Path) -> None:
    said = run(
        sandbox,
        workspace,
        "umount ../.ssh; umount -l /tmp; mount -t tmpfs none /mnt; cat ../.ssh/id_ed25519;"
        "unshare -Urm sh -c 'umount ../.ssh; cat ../.ssh/id_ed25519';"
        "grep NoNewPrivs /proc/self/status",
    )
    assert "the-key" not in said
    assert said.endswith("NoNewPrivs:\t1\n")


def test_root_folder_is_never_opened(sandbox: Sandbox, home: Path) -> None:
    argv = sandbox.wrap(["true"], Path("/"), home, ENVIRONMENT)
    assert "--bind" not in argv


@pytest.mark.parametrize("has_network", [True, False])
def test_network_follows_the_setting(home: Path, workspace: Path, has_network: bool) -> None:
    sandbox = find_sandbox(home, environment=ENVIRONMENT, has_network=has_network)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = run(sandbox, workspace, f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached")
    assert ("reached" in said) is has_network
    assert ("network is open" in sandbox.statement) is has_network


def test_further_folder_can_be_opened(home: Path, workspace: Path) -> None:
    (home / "cache").mkdir()
    sandbox = find_sandbox(home, environment=ENVIRONMENT, writable=[home / "cache", home / "none"])
    run(sandbox, workspace, "echo x > ../cache/f")
    assert (home / "cache/f").read_text() == "x\n"


def test_doors_to_hidden_programs_are_not_even_named(sandbox: Sandbox, workspace: Path) -> None:
    named = {"SSH_AUTH_SOCK": "/run/agent", "XDG_RUNTIME_DIR": "/run/user/1000", "A": "b"}
    argv = sandbox.wrap(["env"], workspace, workspace, named)
    unset = [argv[index + 1] for index, word in enumerate(argv) if word == "--unsetenv"]
    assert sorted(unset) == ["SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"]


def test_statement_says_what_is_confined() -> None:
    assert "only to the workspace" in Bubblewrap("bwrap").statement
    assert "only to the workspace" in Bubblewrap("bwrap").brief


def test_brief_statement_fits_a_modal_of_80_columns() -> None:
    assert len(Bubblewrap("bwrap", has_network=True).brief) <= 70


def test_scratch_folder_inside_a_hidden_one_is_shown(sandbox: Sandbox, home: Path) -> None:
    workspace, scratch = home / "project", home / ".cache/loom/scratch/1"
    for folder in (workspace, scratch):
        folder.mkdir(parents=True)
    (home / ".cache/loom/secret").write_text("the-key")
    (scratch / "output").write_text("all of it")
    said = run(sandbox, workspace, f"cat {scratch}/output {home}/.cache/loom/secret", scratch)
    assert said.startswith("all of it")
    assert "the-key" not in said
