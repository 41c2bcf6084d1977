"""Answering the server's support line by line."""

from collections.abc import Callable

from loom.api.clients.shares import SharesClient
from loom.api.support import SupportQuestion
from loom.screens.support_words import NO_SERVER, NOBODY, granted, refused, told

HOW = "/support yes N lets the support read it, /support no N refuses."


async def support(shares: SharesClient | None, argument: str, say: Callable[[str], None]) -> None:
    """Tells what waits, by number, or takes the answer to one. Raises LoomError."""
    if shares is None:
        say(NO_SERVER)
        return
    questions = await shares.questions()
    word, _, number = argument.partition(" ")
    place = int(number) - 1 if number.isdecimal() else -1
    if word in ("yes", "no") and 0 <= place < len(questions):
        say(await _answered(shares, questions[place], is_yes=word == "yes"))
        return
    lines = [f"{number}: {told(question)}" for number, question in enumerate(questions, 1)]
    say("\n".join([*lines, HOW] if lines else [NOBODY]))


async def _answered(shares: SharesClient, question: SupportQuestion, *, is_yes: bool) -> str:
    if is_yes:
        return " ".join(granted(await shares.let_support_in(question.thread)))
    await shares.keep_support_out(question.thread)
    return refused(question)
