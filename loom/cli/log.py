"""`loom log [THREAD]`: a conversation as text, through the pager."""

import os
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping

HELP = """\
Prints a conversation as Markdown, by default the last one of this folder.

On a terminal it goes through $PAGER, or less."""

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the thread."""
    parser.add_argument("id", metavar="THREAD", nargs="?", default="", help="its ID, or a prefix")


def run(args: Namespace) -> int:
    """Prints it. Raises StoreError."""
    import asyncio

    from loom.cli.style import is_colour_wanted

    page = asyncio.run(_page(args.id))
    if is_colour_wanted(sys.stdout, os.environ):
        page = in_colour(page)
    if not sys.stdout.isatty() or not _paged(page, os.environ):
        print(page)
    return 0


async def _page(prefix: str) -> str:
    from loom.cli.threads import here, named, open_store
    from loom.core.errors import ThreadNotFound
    from loom.markup.clean import visible
    from loom.threads.exchange import export_markdown

    async with open_store(os.environ) as store:
        if prefix:
            thread = await named(store, prefix)
        else:
            recent = await store.list(here())
            spoken = [thread for thread in recent if thread.message_count]
            if not spoken:
                raise ThreadNotFound("there is no thread in this folder yet", "Others: loom search")
            thread = spoken[0]
        return visible((await export_markdown(store, thread)).decode()).rstrip()


def in_colour(page: str) -> str:
    """Headings in bold, outside of code."""
    lines, is_code = [], False
    for line in page.split("\n"):
        is_code ^= line.lstrip().startswith("```")
        is_heading = line.startswith("#") and not is_code
        lines.append(f"{BOLD}{line}{PLAIN}" if is_heading else line)
    return "\n".join(lines)


def _paged(page: str, environment: Mapping[str, str]) -> bool:
    """Show it in the pager; False when there is none."""
    words = shlex.split(environment.get("PAGER", "")) or ["less"]
    if shutil.which(words[0]) is None:
        return False
    # -F: a short page needs no pager; -R: colours; -X: it stays on the terminal.
    with_options = {**environment, "LESS": environment.get("LESS", "FRX")}
    subprocess.run(words, input=page + "\n", text=True, env=with_options, check=False)
    return True
