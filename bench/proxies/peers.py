"""Portkey and LiteLLM as people install them, in their best case, before the bench's provider.

npm and pip install them once, into a cache folder (`LOOM_BENCH_CACHE`); where they cannot, the peer
is left out of the table. They run without any key of anybody's.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PORTKEY = {
    "dependencies": {"@portkey-ai/gateway": "1.15.2"},
    # With the version that npm takes today every streaming call fails.
    "overrides": {"@hono/node-server": "1.13.8"},
}
# Without opentelemetry-sdk every request runs a failing import again.
LITELLM = ("litellm[proxy]==1.106.2", "opentelemetry-sdk")
LITELLM_KEY = "sk-bench-7f3a9c1e55d04b2a8e6f"
TIMEOUT = 1200.0

MODEL = """\
  - model_name: {name}
    litellm_params: {{model: "anthropic/{name}", api_base: "{url}", api_key: sk-bench}}
    model_info: {{input_cost_per_token: 0.000003, output_cost_per_token: 0.000015}}
"""
SETTINGS = f"""\
litellm_settings: {{drop_params: true, telemetry: false, num_retries: 0, request_timeout: 600}}
general_settings: {{master_key: {LITELLM_KEY}, disable_spend_logs: true}}
"""
MODELS = ("bench-n1-d0", "bench-n150-d4", "bench-n4000-d0", "bench-n20-d4", "bench-n200-d50")


@dataclass(frozen=True)
class Peer:
    """How to start one; `share` of the load is what it can carry in the time."""

    name: str
    command: Sequence[str | Path]
    port: int
    headers: Mapping[str, str]
    share: float
    environment: dict[str, str] = field(default_factory=dict)


def peers(home: Path, url: str, free_port: Callable[[], int]) -> Iterator[Peer]:
    """Those that are here or could be installed."""
    cache = Path(os.environ.get("LOOM_BENCH_CACHE", Path.home() / ".cache/loom-bench"))
    for name, make in (("Portkey", portkey), ("LiteLLM", litellm)):
        try:
            yield make(cache, home, url, free_port())
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{name} is not measured: {error}", file=sys.stderr)


def portkey(cache: Path, home: Path, url: str, at: int) -> Peer:
    """The provider is named by headers, as Portkey has it."""
    place = cache / "@portkey-ai+gateway"
    program = place / "node_modules/@portkey-ai/gateway/build/start-server.js"
    if not program.exists():
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text(json.dumps(PORTKEY))
        npm = shutil.which("npm") or "npm"
        options = ("--no-audit", "--no-fund", "--loglevel=error", "--prefix", place)
        subprocess.run([npm, "install", *options], check=True, timeout=TIMEOUT)
    headers = {
        "x-portkey-provider": "anthropic",
        "x-portkey-custom-host": f"{url}/v1",
        "x-api-key": "sk-bench",
    }
    command = (shutil.which("node") or "node", program, f"--port={at}", "--headless")
    environment = {"NODE_ENV": "production", "HOME": str(home), "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"}
    return Peer("Portkey", command, at, headers, 0.25, environment)


def litellm(cache: Path, home: Path, url: str, at: int) -> Peer:
    """One worker, no database, no spend logs, its own price list, explicit models."""
    place = cache / "litellm" / "venv"
    python, program = place / "bin/python", place / "bin/litellm"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True, timeout=TIMEOUT)
        pip = (python, "-m", "pip", "install", "--quiet", *LITELLM)
        subprocess.run(pip, check=True, timeout=TIMEOUT)
    config = home / "litellm.yaml"
    models = "".join(MODEL.format(name=name, url=url) for name in MODELS)
    config.write_text(f"model_list:\n{models}{SETTINGS}")
    environment = {
        "HOME": str(home),
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
    }
    command = (
        *(python, program, "--config", config, "--host", "127.0.0.1", "--port", at),
        *("--num_workers", "1", "--telemetry", "False"),
    )
    return Peer(
        "LiteLLM",
        tuple(map(str, command)),
        at,
        {"Authorization": f"Bearer {LITELLM_KEY}"},
        0.1,
        environment,
    )
