"""`loom export`: a thread as JSON, which `loom import` reads, or as Markdown, which people do."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

HELP = "Writes a thread as JSON (nothing is lost; `loom import` reads it) or as Markdown."
MARKDOWN_SUFFIXES = (".md", ".markdown")


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the thread, `--format` and `--output`."""
    parser.add_argument("id", metavar="ID", help="a thread's ID or how it begins")
    parser.add_argument(
        "-f",
        "--format",
        choices=("json", "md"),
        help="default: what the output's name ends in, else json",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="default: standard output"
    )


def run(args: Namespace) -> int:
    """Writes the document. Raises StoreError."""
    # The store brings asyncio, msgspec and sqlite3, which `--help` does not need.
    import asyncio

    document = asyncio.run(_document(args))
    if args.output is None:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
    else:
        _write(args.output, document)
    return 0


async def _document(args: Namespace) -> bytes:
    from loom.cli.threads import named, open_store
    from loom.threads.exchange import export_json, export_markdown

    async with open_store(os.environ) as store:
        thread = await named(store, args.id)
        export = export_markdown if _is_markdown(args) else export_json
        return await export(store, thread)


def _is_markdown(args: Namespace) -> bool:
    if args.format is not None:
        return bool(args.format == "md")
    return args.output is not None and args.output.suffix.lower() in MARKDOWN_SUFFIXES


def _write(path: Path, document: bytes) -> None:
    """The file whole or not at all, readable by its owner only: a thread may hold anything."""
    from loom.core.errors import StoreError

    try:
        _replace(path.resolve(), document)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error


def _replace(path: Path, document: bytes) -> None:
    # A pipe or /dev/stdout is written to; putting a file in its place would break the machine.
    if path.exists() and not path.is_file():
        path.write_bytes(document)
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(document)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
