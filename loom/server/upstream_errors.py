"""What goes wrong on the way to a provider, in words for a person."""

import logging

from loom.core.errors import ProviderError
from loom.core.llm import LlmError
from loom.server.outbound.unpack import CannotUnpack

log = logging.getLogger("loom.server")


def failed(name: str, error: OSError, *, has_answered: bool) -> ProviderError:
    """The provider could not be reached, or broke off; the log is told the details."""
    kind = type(error).__name__
    log.warning("%s: %s: %s", name, kind, error)
    if isinstance(error, CannotUnpack):
        text = f"{name} sent what cannot be unpacked ({error})"
        return ProviderError(LlmError(text, "invalid_response", status=502))
    if has_answered:
        return ProviderError(LlmError(f"{name} broke off the answer", status=502))
    hint = "Check the network and the base URL on the Loom server; its log says more."
    return ProviderError(LlmError(f"cannot reach {name} ({kind})", status=502, hint=hint))


def silent(name: str, seconds: float) -> ProviderError:
    """The provider said nothing for so long."""
    text = f"{name} sent nothing for {seconds:g} seconds"
    return ProviderError(LlmError(text, status=504, hint="Try again, or use another model."))


def endless(name: str, seconds: float) -> ProviderError:
    """The provider had not ended its answer after so long."""
    text = f"{name} had not ended its answer after {seconds:g} seconds"
    hint = "Ask for a shorter answer; the operator can raise timeout_answer."
    return ProviderError(LlmError(text, status=504, hint=hint))
