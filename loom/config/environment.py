"""The layer of variables: a few by name, every other setting as `LOOM_<SECTION>__<FIELD>`.

`LOOM_SERVER_*` other than `LOOM_SERVER_URL` belong to the server and are not looked at here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from loom.config.coerce import from_text
from loom.config.layers import Layer, nest
from loom.secrets import secret_from

# In order: of two names for one setting the later wins.
NAMED = {
    "LOOM_SERVER_URL": "server_url",
    "LOOM_LLM_PROVIDER": "provider",
    "LOOM_PROVIDER": "provider",
    "LOOM_MODEL": "model",
    "LOOM_MODE": "mode",
    "LOOM_ORACLE_MODEL": "oracle.model",
    "LOOM_THEME": "tui.theme",
}


def environment_layers(environment: Mapping[str, str]) -> Iterator[Layer]:
    """One layer per variable that is set and not empty, so that each value's origin is its name.

    Raises:
        ConfigError: LOOM_TOKEN_FILE cannot be read.
    """
    for variable, key in NAMED.items():
        if environment.get(variable):
            yield _layer(variable, key, environment[variable])
    for variable, text in environment.items():
        section, separator, name = variable.removeprefix("LOOM_").lower().partition("__")
        if variable.startswith("LOOM_") and separator and text:
            yield _layer(variable, f"{section}.{name}", text)
    token = secret_from(environment, "LOOM_TOKEN")
    if token:
        is_file = "LOOM_TOKEN_FILE" in environment
        yield Layer("LOOM_TOKEN_FILE" if is_file else "LOOM_TOKEN", {"token": token})


def _layer(variable: str, key: str, text: str) -> Layer:
    values: dict[str, Any] = {}
    nest(values, key, from_text(key, text))
    return Layer(variable, values)
