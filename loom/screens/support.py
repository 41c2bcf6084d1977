"""Answering the server's support, which asks to read threads: one question after another."""

import asyncio
from typing import TYPE_CHECKING

from loom.api.support import SupportQuestion
from loom.core.errors import LoomError
from loom.screens.support_words import NO_SERVER, NOBODY, granted, refused, told
from loom.widgets.confirm_modal import ConfirmModal

if TYPE_CHECKING:
    from loom.api.clients.shares import SharesClient
    from loom.screens.chat import ChatScreen


class SupportDesk:
    """Where a person answers; a question that is left with Escape waits on."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen

    async def answer(self) -> None:
        """Put what waits before the person."""
        shares = self._screen.start.shares()
        if shares is None:
            self._screen.transcript.notice(NO_SERVER)
            return
        try:
            await self._ask_all(shares)
        except LoomError as error:
            self._screen.complain(error)

    async def _ask_all(self, shares: "SharesClient") -> None:
        questions = await shares.questions()
        if not questions:
            self._screen.transcript.notice(NOBODY)
        for question in questions:
            answer = await self._answered(question)
            if answer is None:
                return
            if answer:
                text, hint = granted(await shares.let_support_in(question.thread))
                self._screen.transcript.notice(text, "info", hint)
            else:
                await shares.keep_support_out(question.thread)
                self._screen.transcript.notice(refused(question))

    async def _answered(self, question: SupportQuestion) -> bool | None:
        answered: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        modal = ConfirmModal(
            "May the support read this thread?",
            told(question),
            yes="let the support read it",
            no="refuse",
            is_dangerous=True,
        )
        self._screen.app.push_screen(modal, answered.set_result)
        return await answered
