"""`loom flags`: what is on, for whom; and kill switches, that turn something off for all."""

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING, Any

from loom.cli.team_words import minute
from loom.cli.threads_table import table

if TYPE_CHECKING:
    from loom.api.flags import Flag, FlagConfig, FlagList, KillSwitch

HELP = """\
Flags and kill switches of the server. Those of the platform hold for everybody, those of an
organization (--org) for its members. Clients learn of every change at once.

  loom flags kill provider.anthropic --reason "their status page is red"
  loom flags restore provider.anthropic
  loom flags set editor.minimap on
  loom flags set editor.minimap 25% --environment dev
"""
COLUMNS = ("KEY", "STATE")
NONE = "There are none. loom flags kill provider.anthropic --reason WHY turns a provider off."
PIPE_WIDTH = 10_000


def add_arguments(parser: ArgumentParser) -> None:
    """The words `list`, `set`, `kill` and `restore`."""
    words = parser.add_subparsers(metavar="WORD", required=True)
    listed = words.add_parser("list", help="every flag and kill switch")
    listed.set_defaults(ask=_list)
    put = words.add_parser("set", help="turn a flag on, off, or on for a percentage; make it")
    put.add_argument("key", help="lower-case words with dots between")
    put.add_argument("state", type=share, help="on, off or a percentage such as 25%%")
    put.add_argument("--environment", default="prod", metavar="NAME", help="default: prod")
    put.set_defaults(ask=_set)
    kill = words.add_parser("kill", help="turn something off for all, such as provider.openai")
    kill.add_argument("key")
    kill.add_argument("--reason", required=True, help="what people are told")
    kill.add_argument("--flag", action="append", default=[], help="a flag that goes with it")
    kill.set_defaults(ask=_kill)
    restore = words.add_parser("restore", help="turn it on again")
    restore.add_argument("key")
    restore.set_defaults(ask=_restore)
    for each in (listed, put, kill, restore):
        each.add_argument("--org", metavar="ORG", help="an organization's own")
        each.add_argument("--json", action="store_true", help="as one JSON object")


def share(text: str) -> float:
    """An argparse type: on, off or a percentage. Raises ArgumentTypeError."""
    words = {"on": 100.0, "off": 0.0}
    try:
        number = words[text] if text in words else float(text.removesuffix("%"))
    except ValueError:
        number = -1
    if not 0 <= number <= 100:
        raise ArgumentTypeError(f"{text!r} is neither on, off nor a percentage")
    return number


def run(args: Namespace) -> int:
    """Asks the server and prints what it says. Raises LoomError."""
    import asyncio

    from loom.core import codec

    answer, text = asyncio.run(args.ask(args))
    print(codec.encode(answer).decode() if args.json else text)
    return 0


async def _list(args: Namespace) -> tuple[Any, str]:
    found = await _tier(args)
    rows = [(each.key, _switch_state(each)) for each in found.kill_switches]
    rows += [(each.key, _flag_state(each)) for each in found.flags]
    return found, table(COLUMNS, rows, PIPE_WIDTH) if rows else NONE


async def _set(args: Namespace) -> tuple[Any, str]:
    from msgspec.structs import replace

    from loom.api.flags import Flag, Variant

    known = {flag.key: flag for flag in (await _tier(args)).flags}
    variants = (Variant("off", False), Variant("on", True))
    flag = known.get(args.key) or Flag(args.key, variants, "off")
    environments = {**flag.environments, args.environment: _config(flag, args)}
    changed = replace(flag, environments=environments, is_archived=False)
    flag = await _asked(args, "PUT", f"/flags/{args.key}", Flag, changed)
    return flag, f"{flag.key}: {_flag_state(flag)}"


def _config(flag: "Flag", args: Namespace) -> "FlagConfig":
    """What is known of the environment, with another percentage."""
    from msgspec.structs import replace

    from loom.api.flags import FlagConfig, Strategy

    known = flag.environments.get(args.environment)
    strategy = known.strategy if known and known.strategy else Strategy()
    return FlagConfig(args.state > 0, replace(strategy, percentage=args.state, schedule=()))


async def _kill(args: Namespace) -> tuple[Any, str]:
    from loom.api.flags import Activation, KillSwitch

    body = Activation(args.reason, tuple(args.flag))
    switch = await _asked(args, "POST", f"/kill-switches/{args.key}/activate", KillSwitch, body)
    return switch, f"{switch.key}: {_switch_state(switch)}"


async def _restore(args: Namespace) -> tuple[Any, str]:
    from loom.api.flags import KillSwitch

    switch = await _asked(args, "POST", f"/kill-switches/{args.key}/deactivate", KillSwitch)
    return switch, f"{switch.key}: {_switch_state(switch)}"


async def _tier(args: Namespace) -> "FlagList":
    from loom.api.flags import FlagList

    found: FlagList = await _asked(args, "GET", "/flags", FlagList)
    return found


async def _asked(args: Namespace, method: str, path: str, kind: Any, body: object = None) -> Any:
    from loom.cli.remote import server_client

    tier = f"/api/orgs/{args.org}" if args.org else "/api/admin"
    return await server_client(os.environ).ask(method, tier + path, kind, body)


def _switch_state(switch: "KillSwitch") -> str:
    if not switch.is_active:
        return "kill switch, not active"
    return f"TURNED OFF since {minute(switch.activated_at)}: {switch.reason}"


def _flag_state(flag: "Flag") -> str:
    if flag.is_archived:
        return "archived"
    states = [f"{name} {_config_state(each)}" for name, each in sorted(flag.environments.items())]
    return ", ".join(states) or "off everywhere"


def _config_state(config: "FlagConfig") -> str:
    if not config.is_enabled:
        return "off"
    strategy = config.strategy
    if strategy is None or (strategy.percentage >= 100 and not strategy.schedule):
        return "on" if strategy is None or not strategy.conditions else "on for some"
    return "by schedule" if strategy.schedule else f"{strategy.percentage:g}%"
