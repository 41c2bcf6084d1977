"""Requests are held against the SDKs' own parameter types, unknown parameters included."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError


class BadRequest(Exception):
    """The request is not one that the SDK could have typed."""


def check(adapter: TypeAdapter[Any], body: dict[str, Any]) -> None:
    """Raises BadRequest for what the type refuses, and for keys that it does not know."""
    try:
        typed = _exhausted(adapter.validate_python(body))
    except ValidationError as error:
        raise BadRequest(told(error)) from error
    if missing := _lost(body, typed, ""):
        raise BadRequest(f"{missing}: Extra inputs are not permitted")


def told(error: ValidationError) -> str:
    """The error that went deepest into the type, which is the likeliest to be meant."""
    deepest = max(error.errors(), key=lambda details: len(details["loc"]))
    return f"{'.'.join(map(str, deepest['loc']))}: {deepest['msg']}"


def _exhausted(value: Any) -> Any:
    """`value` with its lazily validated iterables read to their ends."""
    if isinstance(value, Mapping):
        return {key: _exhausted(item) for key, item in value.items()}
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return value
    return [_exhausted(item) for item in value]


def _lost(sent: Any, typed: Any, path: str) -> str:
    """Path of the first thing that validation dropped, or empty."""
    if isinstance(sent, dict) and isinstance(typed, dict):
        for key, value in sent.items():
            if key not in typed:
                return f"{path}.{key}".lstrip(".")
            if lost := _lost(value, typed[key], f"{path}.{key}"):
                return lost
    if isinstance(sent, list) and isinstance(typed, list):
        for place, (one, other) in enumerate(zip(sent, typed, strict=True)):
            if lost := _lost(one, other, f"{path}.{place}"):
                return lost
    return ""
