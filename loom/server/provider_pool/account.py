"""One account of a provider: its key, its health, how much it does now."""

import math
from functools import cached_property
from typing import Literal

from loom.core.llm import LlmError
from loom.server.llm.base import LocalProvider, Provider, UpstreamProvider

QUOTA_COOL_DOWN = 7200.0
"""Seconds without an account whose plan or credit is used up, when it does not say how long."""

RATE_COOL_DOWN = 15.0
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 10.0
"""How long a broken account is left alone before one request tries it."""

_LEAST_COOL_DOWN = 1.0
_MAX_MODELS = 64

State = Literal["available", "cooling_down", "disabled", "broken"]


class Account:
    """One key at one place, and how it fares. Times are monotonic seconds.

    Attributes:
        running: requests that it serves now.
        is_probing: one request tries whether it is whole again.
        last_error: why it is not available, or was not; safe to show.
    """

    def __init__(
        self, name: str, provider: Provider, weight: int = 1, max_concurrent: int = 0
    ) -> None:
        self.name = name
        self.provider = provider
        self.weight = weight
        self.max_concurrent = max_concurrent
        self.running = 0
        self.served = 0
        self.failed = 0
        self.turn = 0
        self.last_error = ""
        self.is_disabled = False
        self.is_probing = False
        self._failures = 0
        self._broken_until = 0.0
        self._cooling_until = 0.0
        self._models: dict[str, float] = {}

    @cached_property
    def is_configured(self) -> bool:
        """It could be sent a request; some providers look for an SDK to know."""
        return self.provider.is_configured

    @property
    def upstream(self) -> UpstreamProvider:
        """The provider with this account's key. Raises TypeError for one without an upstream."""
        if isinstance(self.provider, LocalProvider):
            raise TypeError(f"{self.name} has no upstream")
        return self.provider

    @property
    def is_full(self) -> bool:
        """It serves as many as it may."""
        return 0 < self.max_concurrent <= self.running

    def wait(self, model: str, now: float) -> float:
        """Seconds until it may serve `model`: 0 for now, infinity when it is disabled."""
        if self.is_disabled:
            return math.inf
        if not (self._cooling_until or self._broken_until or self._models or self.is_probing):
            return 0.0
        until = max(self._cooling_until, self._broken_until, self._models.get(model, 0.0))
        if self.is_probing:
            until = max(until, now + 1)
        return max(0.0, until - now)

    def state(self, now: float) -> State:
        """In a word; a limit on one model alone leaves it available."""
        if self.is_disabled:
            return "disabled"
        if self._broken_until > 0:
            return "broken"
        return "cooling_down" if self._cooling_until > now else "available"

    @property
    def is_resting(self) -> bool:
        """It told us to wait, and is not broken."""
        return self._broken_until <= 0 and (self._cooling_until > 0 or bool(self._models))

    def rests(self, now: float) -> dict[str, float]:
        """Seconds that models have to wait; "" stands for all of them."""
        ends = {"": max(self._cooling_until, self._broken_until), **self._models}
        return {model: until - now for model, until in ends.items() if until > now}

    def take(self) -> None:
        """One more request; where it was broken, the one that tries."""
        self.running += 1
        self.is_probing = self._broken_until > 0

    def give_back(self) -> None:
        """A request is over."""
        self.running -= 1
        self.is_probing = False

    def succeed(self) -> None:
        """It answered, if only to say that the request is wrong: it is whole."""
        self.served += 1
        self._failures = 0
        self._broken_until = 0.0
        self.is_probing = False

    def fail(self, error: LlmError, model: str, now: float, *, is_alone: bool) -> None:
        """It failed. One that is alone is only left alone while it is broken."""
        self.note(error)
        if error.kind in ("transient", "invalid_response"):
            self._break(now)
            return
        self._failures, self._broken_until = 0, 0.0
        if error.kind == "auth":
            self.is_disabled = not is_alone
        elif error.kind == "quota" and not is_alone:
            self._cooling_until = now + _bounded(error.retry_after, QUOTA_COOL_DOWN)
        elif error.kind == "rate_limited" and not is_alone:
            self._rest(model, now, _bounded(error.retry_after, RATE_COOL_DOWN))

    def note(self, error: LlmError) -> None:
        """It failed, which is not held against it."""
        self.failed += 1
        self.last_error = error.message

    def revive(self) -> None:
        """Whatever was held against it is forgotten."""
        self.is_disabled, self._failures = False, 0
        self._broken_until = self._cooling_until = 0.0
        self._models.clear()

    def _break(self, now: float) -> None:
        if now < self._broken_until:
            # It was asked before: that it fails too says nothing new, and would hold it shut.
            return
        self._failures += 1
        # Of a thousand requests that run at once a few fail one after another by chance.
        enough = max(FAILURES_TO_OPEN, self.running // 10)
        if self._failures >= enough or self._broken_until > 0:
            self._broken_until = now + OPEN_SECONDS

    def _rest(self, model: str, now: float, seconds: float) -> None:
        """Rate limits are a model's, so that the others go on."""
        if len(self._models) >= _MAX_MODELS:
            self._models = {name: until for name, until in self._models.items() if until > now}
        if len(self._models) >= _MAX_MODELS:
            # Names come from outside.
            self._cooling_until = now + seconds
            return
        self._models[model] = now + seconds


def _bounded(seconds: float | None, default: float) -> float:
    return default if seconds is None else max(seconds, _LEAST_COOL_DOWN)
