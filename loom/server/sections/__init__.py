"""The server's settings by section of its file: a module each, a dataclass and its reader."""
