"""How long what is kept, and how much, as the operator says now."""

from loom.server.sections.storage import StorageSettings


class Storage:
    """Holds the settings in use, which may change while the server serves."""

    def __init__(self, settings: StorageSettings) -> None:
        self.settings = settings

    def take(self, settings: StorageSettings) -> None:
        """These hold from now on."""
        self.settings = settings
