"""What a shell line would run, read off its syntax tree and never guessed.

words      a word with its quotes removed, and what of it only the shell will know
reading    the tree's simple commands, redirections and literals
wrappers   commands inside commands: `sudo`, `xargs`, `bash -c`, `find -exec`
harmless   commands known to change nothing
line       all of it together: `parse`
"""

from loom.tools.shell.line import ShellLine, parse

__all__ = ["ShellLine", "parse"]
