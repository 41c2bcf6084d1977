"""`GET /api/admin/accounts`: the keys that the server uses, by name and health alone."""

from typing import Literal

from msgspec import Struct

AccountState = Literal["available", "cooling_down", "disabled", "broken"]


class ModelRest(Struct, frozen=True):
    """A model that the account does not serve until then."""

    model: str
    until_at: str


class ProviderAccount(Struct, frozen=True, omit_defaults=True):
    """One account of a provider.

    `state`: `cooling_down` until `until_at`; `broken` after failures, tried again from then on;
    `disabled` since the provider refused its key, until the settings are read anew. `resting` are
    models with a limit of their own. `running` requests it serves now; `served` and `failed` since
    the server started.
    """

    provider: str
    name: str
    state: AccountState
    running: int = 0
    served: int = 0
    failed: int = 0
    until_at: str = ""
    resting: tuple[ModelRest, ...] = ()
    last_error: str = ""


class ProviderAccounts(Struct, frozen=True):
    """Every provider's, in the order of the settings."""

    accounts: tuple[ProviderAccount, ...] = ()
