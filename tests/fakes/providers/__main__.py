"""Runs the fake alone and prints its address: `python -m tests.fakes.providers [--port N]`."""

import argparse
import asyncio

from tests.fakes.providers import FakeProvider


async def serve(port: int) -> None:
    """Serves the default script until interrupted."""
    async with FakeProvider(port=port) as fake:
        print(fake.url, flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Reads the flags and serves."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.providers")
    parser.add_argument("--port", type=int, default=0)
    try:
        asyncio.run(serve(parser.parse_args().port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
