"""What a person is told when the server's support asks to read a thread, and of their answer."""

from loom.api.shares import Shares
from loom.api.support import SUPPORT_DAYS, SupportQuestion
from loom.markup.clean import one_line

NOBODY = "The support asks for none of your threads."
LONGEST_TITLE = 60
LONGEST_REASON = 160
NO_SERVER = "Your threads are on this machine alone: there is no support that could ask for them."


def named(thread_id: str, title: str) -> str:
    """A thread as people call it."""
    return f"“{_cut(title, LONGEST_TITLE)}”" if title else thread_id


def told(question: SupportQuestion) -> str:
    """Who asks what, what follows from a yes, and why it is asked."""
    thread = named(question.thread, question.title)
    why = f" Why: {_cut(question.reason, LONGEST_REASON)}" if question.reason else ""
    return (
        f"{one_line(question.requested_by)} asks, for the server's support, to read {thread}.\n\n"
        f"A yes lets all of the support read it, and what is added to it, for {SUPPORT_DAYS} days "
        "from now. They change nothing, and the server's audit log notes that they read.\n"
        f"To end it sooner: loom share {question.thread} --support --revoke\n\n"
        f"Asked on {question.requested_at[:10]}.{why}"
    )


def _cut(text: str, most: int) -> str:
    """On one line; what others wrote leaves room for the answer on a small screen."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def granted(shares: Shares) -> tuple[str, str]:
    """After a yes: what holds now, and how it is ended."""
    until = shares.support.expires_at[:10] if shares.support else ""
    thread = shares.thread
    text = f"The support reads {named(thread.id, thread.title)} until {until}."
    return text, f"loom share {thread.id} --support --revoke ends it sooner."


def refused(question: SupportQuestion) -> str:
    """After a no."""
    return f"The support does not read {named(question.thread, question.title)}."
