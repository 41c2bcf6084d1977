import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "scripts").iterdir())
# What the scripts may use on the barest machine; neither Python nor apt is among it.
BARE_PROGRAMS = ("sh", "cat", "cksum", "dirname", "head", "id", "rm")


def run(
    *command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with next to nothing on it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in BARE_PROGRAMS:
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return str(folder)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The scripts and pyproject.toml in a folder of their own."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_posix_shell(script: Path) -> None:
    assert run("sh", "-n", script).stderr == ""
    first = script.read_text().splitlines()[0]
    assert first == "#!/bin/sh" or script.suffix == ".sh"


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / "Makefile", ROOT / ".ci" / "run"], ids=str)
def test_no_script_names_a_registry(script: Path) -> None:
    text = script.read_text()
    assert not [word for word in ("http", "index-url", "pypi", "--find-links") if word in text]


def test_the_gate_can_be_run(tmp_path: Path) -> None:
    done = run("make", "-n", "check", cwd=ROOT)
    assert done.returncode == 0
    for word in ("ruff format --check", "ruff check", "mypy", "lint-imports", "check-flake"):
        assert word in done.stdout
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_flake_names_everything_that_loom_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    flake = (ROOT / "flake.nix").read_text()
    needed = {re.split("[^a-z0-9-]", each)[0] for each in project["dependencies"]}
    named = re.findall(r"^ +python\.(?:[\w-]+\.)?([\w-]+)$", flake, re.MULTILINE)
    assert needed.difference(named) == set()


def test_set_up_without_python_names_what_to_install(clone: Path, bare_path: str) -> None:
    done = run(clone / "scripts" / "setup", env={"PATH": bare_path, "HOME": "/nonexistent"})
    assert done.returncode == 1
    assert "apt install python3 python3-venv" in done.stderr


def test_set_up_without_venv_names_the_package_that_has_it(clone: Path, bare_path: str) -> None:
    python = Path(bare_path) / "python3.12"
    python.write_text('#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; esac')
    python.chmod(0o755)
    done = run(clone / "scripts" / "setup", env={"PATH": bare_path})
    assert done.returncode == 1
    assert "apt install python3.12-venv" in done.stderr


def test_set_up_that_is_done_is_not_done_again(clone: Path, bare_path: str) -> None:
    program = clone / ".venv" / "bin" / "loom"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    sum_of = run("sh", "-c", "cksum <pyproject.toml", cwd=clone).stdout
    (clone / ".venv" / ".setup-dev").write_text(f"{clone.resolve()} {sum_of}")
    for kind in ("run", "dev"):
        done = run(clone / "scripts" / "setup", kind, env={"PATH": bare_path})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_pyproject_is_set_up_anew(clone: Path, bare_path: str) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / ".setup-run").write_text(f"{clone.resolve()} of another day\n")
    assert run(clone / "scripts" / "setup", env={"PATH": bare_path}).returncode == 1


def test_missing_programs_of_the_tests_are_named(clone: Path, bare_path: str) -> None:
    script = clone / "scripts" / "test-packages"
    done = run(script, "sh=dash", "no-such-program=its-package", env={"PATH": bare_path})
    assert "apt install its-package" in done.stderr
    assert "dash" not in done.stderr


def test_the_wheel_carries_what_the_program_reads(tmp_path: Path) -> None:
    build = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT)
    assert build.returncode == 0, build.stderr
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    sources = [
        path
        for path in (ROOT / "loom").rglob("*")
        if path.suffix in (".sql", ".md", ".html", ".css", ".js")
    ]
    wanted = {str(path.relative_to(ROOT)) for path in sources} | {"loom/py.typed"}
    wanted |= {f"loom/styles/{path.name}" for path in (ROOT / "styles").glob("*.tcss")}
    assert wanted - packed == set()
