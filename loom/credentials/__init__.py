"""The tokens that `loom login` got, by the server that they are for.

stored      where they are kept: the system's keyring, or a file that only its owner can read
"""

from loom.credentials.stored import Credentials, server_key

__all__ = ["Credentials", "server_key"]
