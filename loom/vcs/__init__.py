"""Version control: what Loom reads of a git repository."""
