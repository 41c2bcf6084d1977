"""One module a provider: Loom's messages to its wire, and its stream back; one row in PROVIDERS."""
