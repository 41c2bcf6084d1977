"""`[search]`: the engines behind web search."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loom.secrets import Secret
from loom.server.settings import Settings


@dataclass(frozen=True)
class SearchSettings:
    """Web search: an engine is configured when its secrets are there. URLs are the operator's."""

    google_cse_api_key: Secret | None = None
    google_cse_search_engine_id: str = ""
    google_cse_url: str = "https://customsearch.googleapis.com/customsearch/v1"
    serper_api_key: Secret | None = None
    serper_url: str = "https://google.serper.dev/search"
    timeout: float = 10.0


def read_search(tree: Mapping[str, Any], environment: Mapping[str, str]) -> SearchSettings:
    """The engines' settings. Raises ConfigError naming the setting that is wrong."""
    table = Settings.of(tree, "search", environment, "LOOM_SERVER_")
    defaults = SearchSettings()
    settings = SearchSettings(
        google_cse_api_key=table.secret("google_cse_api_key"),
        google_cse_search_engine_id=table.text("google_cse_search_engine_id", ""),
        google_cse_url=table.url("google_cse_url", defaults.google_cse_url),
        serper_api_key=table.secret("serper_api_key"),
        serper_url=table.url("serper_url", defaults.serper_url),
        timeout=table.seconds("search_timeout", defaults.timeout),
    )
    table.refuse_unknown()
    return settings
