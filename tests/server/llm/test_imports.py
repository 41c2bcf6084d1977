import subprocess
import sys

SCRIPT = """
import sys
from loom.server.llm.base import ProviderSettings
from loom.server.llm.providers import make_provider
for name in ("anthropic", "openai", "vertex"):
    make_provider(ProviderSettings(name))
import loom.llm.proxy
print(sorted({"anthropic", "openai", "google.auth", "google.genai", "aiohttp"} & set(sys.modules)))
"""


def test_making_providers_and_the_proxy_model_imports_no_sdk_and_no_aiohttp():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
