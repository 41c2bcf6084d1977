"""Flags that several commands share, and the settings they override."""

import os
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from pathlib import Path
from typing import Any

# As in loom.core.protocol.MODES, which would bring msgspec to every `--help`; a test compares.
MODES = ("ask", "edit", "auto", "plan")


def add_session_options(parser: ArgumentParser) -> None:
    """Flags of every command that talks to a model: settings' layer 60, and the workspace."""
    parser.add_argument("--provider", metavar="NAME", help="anthropic, openai, vertex or demo")
    parser.add_argument("--model", metavar="NAME", help="the provider's own name of a model")
    parser.add_argument("--mode", choices=MODES, help="what may run without asking")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        type=allow_rule,
        metavar="RULE",
        help='may run without asking, such as "bash(make *)"; may be given again',
    )
    parser.add_argument(
        "--server-url", metavar="URL", help="a loom server; without one, Loom brings its own"
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="line by line, for screen readers, dumb terminals and pipes: no screen, no colours",
    )
    parser.add_argument(
        "--inline",
        action="store_true",
        help="leave the conversation in the terminal's own scrollback, above a small live area",
    )
    parser.add_argument(
        "--daemon",
        action=BooleanOptionalAction,
        default=None,
        help="sessions live on in your daemon when the app is left, or never do",
    )
    add_workspace_option(parser)


def add_workspace_option(parser: ArgumentParser) -> None:
    """`-w DIR`, by default the current folder."""
    parser.add_argument(
        "-w",
        "--workspace",
        metavar="DIR",
        type=existing_folder,
        default=None,
        help="the folder to work in (default: here)",
    )


def allow_rule(text: str) -> str:
    """An argparse type: a rule of effect `allow`; the word itself may be left out."""
    return text if text.lstrip().startswith("allow ") else f"allow {text}"


def existing_folder(text: str) -> Path:
    """An argparse type: a folder's resolved path. Raises ArgumentTypeError."""
    path = Path(text).expanduser()
    if not path.is_dir():
        raise ArgumentTypeError(f"{text} is not a folder")
    return path.resolve()


def workspace_of(args: Namespace) -> Path:
    """The folder to work in, absolute and resolved."""
    chosen: Path | None = args.workspace
    return chosen or Path(os.curdir).resolve()


def overrides(args: Namespace) -> dict[str, Any]:
    """The settings that were given as flags, for `loom.config.load(flags=...)`."""
    names = ("provider", "model", "mode", "server_url")
    given: dict[str, Any] = {name: getattr(args, name, None) for name in names}
    said = {name: value for name, value in given.items() if value is not None}
    screens = {"plain": "screen_reader", "inline": "inline"}
    if chosen := {key: True for flag, key in screens.items() if getattr(args, flag, False)}:
        said["tui"] = chosen
    if getattr(args, "daemon", None) is not None:
        said["session"] = {"daemon": "always" if args.daemon else "never"}
    return said
