"""What the benches of the thread store have in common.

corpus    words as frequent as those of a language, and messages made of them
archive   a large store, generated once into the cache folder
calm      times without what a busy machine adds
floor     saving without a group: one aiosqlite transaction each
"""
