"""`loom --server`: the loom server in the foreground, until it is told to stop."""

import os
from argparse import Namespace


def run(args: Namespace) -> int:
    """Serves; returns when SIGINT or SIGTERM came and open streams had their time to end.

    Raises:
        ConfigError: a setting is wrong.
    """
    # aiohttp is the server's; no other command waits for it.
    from loom.server.config import ServerConfig, server_config
    from loom.server.daemon import run_daemon

    flags = {"host": args.host, "port": args.port, "db_path": args.db, "signups": args.signups}

    def read() -> ServerConfig:
        return server_config(os.environ, args.config, **flags)

    return run_daemon(read(), reread=read)
