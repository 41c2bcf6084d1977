"""The table of subcommands: one row each, naming the module that is imported when it runs."""

from typing import NamedTuple


class Command(NamedTuple):
    """`loom NAME` runs `module`; `summary` is its line in `loom --help`."""

    name: str
    module: str
    summary: str


COMMANDS = (
    Command("resume", "loom.cli.resume", "go on with a thread: the last one, or by ID or prefix"),
    Command("list", "loom.cli.threads_list", "threads, newest first"),
    Command("search", "loom.cli.threads_search", "find words in every thread"),
    Command("log", "loom.cli.log", "print a thread as text, through the pager"),
    Command("sync", "loom.cli.sync", "your threads on all your machines, now; what waits, and why"),
    Command("share", "loom.cli.share", "show a thread to others, and take it back"),
    Command("private", "loom.cli.private", "start a thread that never leaves this machine"),
    Command("delete", "loom.cli.threads_delete", "threads that nobody needs, and undoing that"),
    Command("export", "loom.cli.threads_export", "write a thread as JSON or Markdown"),
    Command("import", "loom.cli.threads_import", "read a thread that was exported as JSON"),
    Command("attach", "loom.cli.attach", "watch and drive a thread that runs in another process"),
    Command("login", "loom.cli.login", "sign in at a server, by a code that a browser approves"),
    Command("logout", "loom.cli.logout", "sign this machine out"),
    Command("whoami", "loom.cli.whoami", "as whom this machine is signed in, and where"),
    Command("web", "loom.cli.web", "the app in a browser, behind a login"),
    Command("account", "loom.cli.account", "your own account at a team's server"),
    Command("org", "loom.cli.org", "organizations of a team's server, and who is in them"),
    Command("team", "loom.cli.team", "teams of an organization"),
    Command("api-key", "loom.cli.api_key", "an organization's keys for programs"),
    Command("admin", "loom.cli.admin", "accounts of a team's server, for those who run it"),
    Command("audit", "loom.cli.audit", "who did what on the server; proof that nobody changed it"),
    Command("flags", "loom.cli.flags", "what is on for whom; turn a provider off in a hurry"),
    Command("server", "loom.cli.operate", "look after a loom server: settings, backups"),
    Command("daemon", "loom.cli.daemon", "what keeps sessions alive when the app is left"),
    Command("usage", "loom.cli.usage", "what requests to models cost, by day, model, user"),
    Command("budget", "loom.cli.budget", "what may be spent on models, and what is"),
    Command("config", "loom.cli.config", "every setting, and where its value came from"),
    Command(
        "keys", "loom.cli.keys", "every action with its keys; [keys] in the settings changes them"
    ),
    Command("doctor", "loom.cli.doctor", "check this machine, and say how to mend what is wrong"),
    Command("version", "loom.cli.version", "version of Loom and of what it runs on"),
)

BY_NAME = {command.name: command for command in COMMANDS}
