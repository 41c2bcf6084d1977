"""Is a layer right by itself? Unknown keys are worth a warning, wrong types an error."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from loom.config.coerce import duration, is_duration
from loom.config.layers import GATHERED, Layer, flatten, nest
from loom.config.settings import FIELDS, KEYS, SECTIONS, Settings
from loom.core.errors import ConfigError
from loom.core.permissions import parse_rule
from loom.secrets import Secret


def checked(layer: Layer) -> tuple[Layer, tuple[str, ...]]:
    """The layer with durations in seconds and without unknown keys, and a warning for each.

    Raises:
        ConfigError: a value of the wrong type or out of range; names the layer and the key.
    """
    known: dict[str, Any] = {}
    warnings = []
    _refuse_wrong_sections(layer)
    for key, value in flatten(layer.values):
        if key.startswith(KEYS):
            nest(known, key, _keys(value, key, layer.name))
        elif key in FIELDS:
            nest(known, key, duration(value) if is_duration(key) else value)
        else:
            warnings.append(f"{layer.name}: unknown setting {key}{_suggestion(key)}")
    to_settings(known, layer.name)
    _check_rules(known, layer.name)
    return Layer(layer.name, known), tuple(warnings)


def _keys(value: Any, key: str, name: str) -> Any:
    is_list = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not is_list and not isinstance(value, str):
        raise ConfigError(f"{name}: {key}: expected a key, or a list of keys")
    return value


def to_settings(values: Mapping[str, Any], name: str) -> Settings:
    """The typed settings. Raises ConfigError that names `name` and the key."""
    try:
        return msgspec.convert(values, Settings, dec_hook=_secret)
    except msgspec.ValidationError as error:
        cause, _, place = str(error).partition(" - at `$.")
        raise ConfigError(f"{name}: {place.rstrip('`')}: {_lower_first(cause)}") from error


def _secret(kind: type, value: Any) -> Any:
    if isinstance(value, Secret):
        return value
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")


def _refuse_wrong_sections(layer: Layer) -> None:
    for name, value in layer.values.items():
        if name in SECTIONS and not isinstance(value, Mapping):
            raise ConfigError(f"{layer.name}: {name} is a section: write [{name}] and its keys")


def _check_rules(values: Mapping[str, Any], name: str) -> None:
    for key, rules in flatten(values):
        for rule in rules if key == GATHERED else ():
            try:
                parse_rule(rule)
            except ConfigError as error:
                raise ConfigError(f"{name}: {key}: {error.message}", error.hint) from error


def _suggestion(key: str) -> str:
    # Only for a person who mistyped.
    from difflib import get_close_matches

    near = get_close_matches(key, FIELDS, n=1, cutoff=0.6) or list(_same_name(key))
    return f"; did you mean {near[0]}?" if near else ""


def _same_name(key: str) -> Iterator[str]:
    last = key.rpartition(".")[2]
    return (known for known in FIELDS if known.rpartition(".")[2] == last)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
