"""Pure data and pure decisions: messages, the Op/Event protocol, the state machine, permissions.

Nothing here does I/O or knows asyncio; only the standard library and msgspec are imported.
"""
