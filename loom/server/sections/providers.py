"""`[providers.NAME]`: where each provider is, its key, its model, its limits."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from loom.server.llm.base import ProviderSettings
from loom.server.sections.accounts import read_accounts, read_pool
from loom.server.settings import Settings, Tree, refuse_unknown_names


class ProviderDefaults(Struct, frozen=True):
    """What a provider is when nobody said otherwise.

    Attributes:
        plain: prefix of the well-known variables.
        surplus: what people write at the base URL's end although the wire's paths begin with it.
    """

    base_url: str = ""
    model: str = ""
    plain: str = ""
    surplus: str = ""


PROVIDER_DEFAULTS: Mapping[str, ProviderDefaults] = {
    "anthropic": ProviderDefaults(
        "https://api.anthropic.com", "claude-sonnet-5-5", "ANTHROPIC", "/v1"
    ),
    "openai": ProviderDefaults("https://api.openai.com/v1", "gpt-6.1-sol", "OPENAI"),
    "vertex": ProviderDefaults(model="gemini-3.8-flash"),
    "demo": ProviderDefaults(model="demo-1"),
}


def read_providers(
    tree: Mapping[str, Any], environment: Mapping[str, str]
) -> Mapping[str, ProviderSettings]:
    """Every provider's settings by name. Raises ConfigError naming the setting that is wrong."""
    tables = Tree.below(tree, "providers")
    refuse_unknown_names(tables, set(PROVIDER_DEFAULTS), "providers.")
    return {
        name: _provider(name, defaults, tables, environment)
        for name, defaults in PROVIDER_DEFAULTS.items()
    }


def _provider(
    name: str, defaults: ProviderDefaults, tree: Mapping[str, Any], environment: Mapping[str, str]
) -> ProviderSettings:
    plain = f"{defaults.plain}_" if defaults.plain else ""
    prefix = f"LOOM_SERVER_{name.upper()}_"
    table = Settings.of(tree, name, environment, prefix, plain=plain, where="providers.")
    api_key = table.secret("api_key", is_plain=True)
    accounts = read_accounts(table, f"providers.{name}.", environment, prefix)
    settings = ProviderSettings(
        name=name,
        base_url=table.url("base_url", defaults.base_url, is_plain=True).removesuffix(
            defaults.surplus
        ),
        api_key=accounts[0].api_key if accounts else api_key,
        model=table.text("model", defaults.model),
        headers=table.headers("headers"),
        timeout_first_byte=table.seconds("timeout_first_byte", 120.0),
        timeout_idle=table.seconds("timeout_idle", 90.0),
        timeout_answer=table.seconds("timeout_answer", 3600.0),
        project=table.text("project_id", ""),
        location=table.text("location", "us-central1" if name == "vertex" else ""),
        wire=table.choice("wire", "", ("", "chat", "responses")),
        accounts=accounts,
        pool=read_pool(table),
    )
    table.refuse_unknown()
    return settings
