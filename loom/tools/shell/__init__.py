"""What a shell line would run, read off its syntax tree and never guessed.

line         all of it together: `parse`
grammar      the parser, and a visitor for each kind of node
reading      what is found on the way
simple, expansions, documents, conditions, blanks      the parts of a line
words        a word with its quotes removed, and what of it only the shell will know
inner        commands inside commands, by `wrappers` (`sudo`, `xargs`), `git` and `names`
harmless     commands known to change nothing
"""

from loom.tools.shell.line import ShellLine, parse

__all__ = ["ShellLine", "parse"]
