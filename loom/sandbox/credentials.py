"""Which files and folders hold keys, or are doors to programs that hold them."""

import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from loom import directories

_IN_HOME = (
    # Keys of hosts, clouds and registries.
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".boto",
    ".oci",
    ".s3cfg",
    ".config/gcloud",
    ".config/doctl",
    ".config/rclone",
    ".docker/config.json",
    ".docker/run",
    ".kube",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    # Keys of forges.
    ".git-credentials",
    ".config/git/credentials",
    ".config/gh",
    ".config/glab-cli",
    ".config/hub",
    # Keys of models.
    ".anthropic",
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".openai",
    # What people keep secrets in, and what remembers that they typed one.
    ".password-store",
    ".local/share/keyrings",
    ".local/share/kwalletd",
    ".config/op",
    ".config/Bitwarden CLI",
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".psql_history",
    # Doors to programs outside.
    ".local/share/containers",
    ".Xauthority",
)

_IN_SYSTEM = (
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/loom",
    "/etc/kubernetes",
    "/run/user",
    "/run/secrets",
    "/run/credentials",
    "/run/keys",
    "/run/dbus",
    "/run/systemd/private",
    "/run/docker.sock",
    "/run/docker",
    "/run/containerd",
    "/run/crio",
    "/run/podman",
    "/run/libvirt",
    "/run/snapd.socket",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/lib/kubelet",
    "/var/lib/lxd",
    "/var/lib/incus",
    "/var/snap/lxd",
)

_NAMED_BY = (
    "AWS_SHARED_CREDENTIALS_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_CONFIG",
    "DOCKER_CONFIG",
    "GNUPGHOME",
    "KUBECONFIG",
    "NETRC",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
)

_SECRET_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")


def credential_paths(home: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Every path to be hidden, whether it exists or not.

    These are the well-known places below each home that this user can read, Loom's own folders,
    places of the system, and what variables such as `ANTHROPIC_API_KEY_FILE` name.
    """
    homes = {home, *_other_homes()}
    in_homes = (base / name for base in sorted(homes) for name in _IN_HOME)
    in_system = (Path(name) for name in _IN_SYSTEM)
    host_keys = Path("/etc/ssh").glob("ssh_host_*_key")
    named = _named(home, environment)
    return (*in_homes, *in_system, *host_keys, *_looms_own(home, environment), *named)


def _other_homes() -> Iterable[Path]:
    yield Path(pwd.getpwuid(os.getuid()).pw_dir)
    if os.getuid() == 0:
        yield from Path("/home").glob("*")


def _looms_own(home: Path, environment: Mapping[str, str]) -> Iterable[Path]:
    of_home = {**environment, "HOME": str(home)}
    yield directories.config_directory(of_home)
    yield directories.data_directory(of_home)
    yield directories.state_directory(of_home)
    yield directories.cache_directory(of_home)
    yield directories.runtime_directory(of_home)
    yield directories.daemon_directory(of_home)


def _named(home: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    for name, value in environment.items():
        if name in _NAMED_BY or _names_key_file(name):
            for part in value.split(":") if name == "KUBECONFIG" else (value,):
                path = home / part[2:] if part.startswith("~/") else Path(os.path.expandvars(part))
                if path.is_absolute():
                    yield path


def _names_key_file(name: str) -> bool:
    # Not every *_FILE: SSL_CERT_FILE is what TLS needs.
    upper = name.upper()
    return upper.endswith("_FILE") and (
        upper.startswith("LOOM_") or any(word in upper for word in _SECRET_WORDS)
    )
