"""Every setting of the client, its type, range and default. Durations are seconds."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loom.config.layers import flatten
from loom.core.permissions import Rule, parse_rule
from loom.core.protocol import Mode
from loom.secrets import Secret

# A number of seconds; files and variables may also say "500ms", "30s", "5m" or "1h".
Duration = Annotated[float, Meta(gt=0, extra={"is_duration": True})]
Count = Annotated[int, Meta(ge=0)]


class OracleSettings(Struct, frozen=True):
    """The second model that the oracle tool asks."""

    provider: str = "openai"
    model: str = "gpt-4o"


class TitleSettings(Struct, frozen=True):
    """Who is asked once for a thread's title: a model, the provider's `small` one, or `off`."""

    model: str = "small"


class PermissionSettings(Struct, frozen=True):
    """`rules` in the rule language of `loom.core.permissions`, gathered from every layer."""

    rules: tuple[str, ...] = ()


class SandboxSettings(Struct, frozen=True):
    """How shell commands are confined, where bubblewrap works."""

    enabled: bool = True
    network: bool = False


class ContextSettings(Struct, frozen=True):
    """The model's window in tokens, and the share of it at which the thread is compacted.

    `limit` 0 means what the model is known to have.
    """

    limit: Count = 0
    compact_at: Annotated[float, Meta(ge=0.1, le=0.95)] = 0.8


class AgentSettings(Struct, frozen=True):
    """Bounds of one turn.

    `max_rounds` counts answers with tool calls; `max_tokens` bounds one answer, 0 leaves it to the
    server; `tool_timeout` is a shell command's when the model names none.
    """

    max_rounds: Annotated[int, Meta(ge=1)] = 50
    max_retries: Annotated[int, Meta(ge=0, le=20)] = 3
    max_tokens: Count = 0
    tool_timeout: Duration = 60.0


class TuiSettings(Struct, frozen=True):
    """How the screen looks; `theme` is one of Loom's or Textual's.

    `screen_reader` tells everything line by line in place of a screen. `print_on_exit` leaves the
    conversation in the terminal's own scrollback when the app ends; `inline` does so all along.
    `bidi` says who puts text from right to left in order: Loom (`visual`), the terminal
    (`logical`), or whoever the terminal's name speaks for (`auto`).
    """

    theme: str = "loom-dark"
    mouse: bool = True
    reduced_motion: bool = False
    screen_reader: bool = False
    print_on_exit: bool = False
    bidi: Literal["auto", "visual", "logical"] = "auto"
    inline: bool = False


class SessionSettings(Struct, frozen=True):
    """Where sessions live: `daemon` is `auto` (over SSH), `always` or `never`.

    `daemon_idle` is how long a daemon stays that nobody needs.
    """

    daemon: Literal["auto", "always", "never"] = "auto"
    daemon_idle: Duration = 600.0


class SyncSettings(Struct, frozen=True):
    """Whether threads go to a team's server, and who may read what is new there besides you."""

    enabled: bool = True
    visibility: Literal["private", "organization"] = "private"


class Settings(Struct, frozen=True):
    """The merged settings.

    `server_url` "" means the server that Loom brings along. `model` "default" is the server's
    choice for the provider. `token` is the client's Loom token, never a provider's key. `keys` are
    keys of actions, nested as their dotted names are.
    """

    provider: str = "anthropic"
    model: str = "default"
    mode: Mode = "ask"
    server_url: str = ""
    token: Secret | None = None
    oracle: OracleSettings = OracleSettings()
    permissions: PermissionSettings = PermissionSettings()
    sandbox: SandboxSettings = SandboxSettings()
    context: ContextSettings = ContextSettings()
    agent: AgentSettings = AgentSettings()
    tui: TuiSettings = TuiSettings()
    keys: dict[str, Any] = {}
    session: SessionSettings = SessionSettings()
    sync: SyncSettings = SyncSettings()
    title: TitleSettings = TitleSettings()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The permission rules, parsed. Raises ConfigError for a text that is none."""
        return tuple(parse_rule(text) for text in self.permissions.rules)

    @property
    def chosen_keys(self) -> dict[str, tuple[str, ...]]:
        """Keys by the dotted names of actions; none unbinds the action."""
        return {
            name: tuple(keys) if isinstance(keys, list) else (keys,)
            for name, keys in flatten(self.keys)
        }

    def value(self, key: str) -> Any:
        """The value of a dotted key of FIELDS, such as `tui.theme`."""
        node: Any = self
        for name in key.split("."):
            node = getattr(node, name)
        return node


def _fields(struct: type[Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            yield from _fields(field.type, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, field.type


FIELDS: dict[str, Any] = dict(_fields(Settings))
"""The type of every setting by dotted key, in the order of the structs."""

KEYS = "keys."
"""How the setting of an action's keys begins; what may follow, only the screens know."""

SECTIONS = frozenset(["keys", *(key.split(".")[0] for key in FIELDS if "." in key)])
