"""`GET /api/models`: what a model picker shows."""

from msgspec import Struct


class ModelInfo(Struct, frozen=True):
    """One model of one provider.

    `is_configured`: the server could send it a request now. `is_default`: the model that
    "default" means for this provider. `off`: why an admin turned the provider off; it is not
    configured then.
    """

    provider: str
    model: str
    is_configured: bool
    is_default: bool
    off: str = ""


class ModelList(Struct, frozen=True):
    """Every known model, by provider, each provider's default first."""

    models: tuple[ModelInfo, ...] = ()
