"""The command line: `main` holds the table of subcommands, each subcommand is one module.

A subcommand's module has `HELP` (what `loom NAME --help` says), `add_arguments(parser)` and
`run(args) -> int` (the exit status). It is imported only when its command runs.
"""
