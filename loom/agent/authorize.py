"""Who decides whether a call runs: the rules, the mode, and where they ask, a person."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from loom.agent.offers import flags_that_allow, suggestions
from loom.agent.services import AgentSettings, KeepRule
from loom.core.errors import ConfigError, PermissionDenied, RefusedByPerson
from loom.core.permissions import Access, Verdict, judge, parse_rule
from loom.core.protocol import AnyEvent, Decide, Mode, Notice, PermissionAsked, PermissionDecided
from loom.tools.base import Tool, ToolContext


@dataclass(frozen=True)
class _Question:
    """`answer` is the person's decision, or the verdict of a mode or rule that came since."""

    asked: PermissionAsked
    access: Access
    answer: "asyncio.Future[Decide | Verdict]"


class Authorizer:
    """Judges calls for a session and all its sub-agents.

    Args:
        emit: where questions and decisions are reported.
        keep_rule: writes rules of scope `project` and `user`.
        settings: the mode and rules to begin with; without a person whatever would be asked is
            refused, with the flag that would allow it.
    """

    def __init__(
        self,
        settings: AgentSettings,
        emit: Callable[[AnyEvent], None],
        keep_rule: KeepRule,
    ) -> None:
        self._mode = settings.mode
        self._rules = settings.rules
        self._emit = emit
        self._keep_rule = keep_rule
        self._has_person = settings.has_person
        self._questions: dict[str, _Question] = {}

    @property
    def mode(self) -> Mode:
        """The mode of the next call, and of those that wait for a person."""
        return self._mode

    def change_mode(self, mode: Mode) -> None:
        """Judge by this mode from now on, what waits for a person included."""
        self._mode = mode
        self._judge_again()

    def _judge_again(self) -> None:
        """Answer the questions that need no person any more."""
        for question in self._questions.values():
            verdict = judge(self._mode, self._rules, question.access)
            if verdict.effect != "ask" and not question.answer.done():
                question.answer.set_result(verdict)

    @property
    def pending(self) -> tuple[PermissionAsked, ...]:
        """Questions without an answer yet."""
        return tuple(question.asked for question in self._questions.values())

    async def authorize(
        self,
        key: str,
        tool: Tool,
        arguments: Any,
        context: ToolContext,
        on_wait: Callable[[], None],
    ) -> None:
        """Return when the call may run.

        Args:
            key: names the call among all of the session's, sub-agents' included.
            on_wait: called once when a person must decide.

        Raises PermissionDenied with the reason for the model; ToolError from the tool itself.
        """
        access = tool.access(arguments, context)
        verdict = judge(self._mode, self._rules, access)
        if verdict.effect == "deny":
            self._refuse(key, access, verdict.by, verdict.reason)
        if verdict.effect == "ask":
            await self._ask(key, tool, arguments, context, access, verdict.reason, on_wait)

    async def _ask(
        self,
        key: str,
        tool: Tool,
        arguments: Any,
        context: ToolContext,
        access: Access,
        reason: str,
        on_wait: Callable[[], None],
    ) -> None:
        if not self._has_person:
            self._refuse(key, access, "no_person", f"{reason}, and nobody is here")
        preview = await tool.preview(arguments, context)
        asked = PermissionAsked(
            call_id=key, tool=tool.name, preview=preview, rules=suggestions(access), reason=reason
        )
        on_wait()
        answer = await self._answer_to(asked, access)
        if isinstance(answer, Decide):
            await self._settle(answer)
        elif answer.effect == "deny":
            self._refuse(key, access, answer.by, answer.reason)
        else:
            self._decided(key, True, answer.by, answer.reason)

    def _refuse(self, key: str, access: Access, by: str, reason: str) -> NoReturn:
        hint = "" if self._has_person else flags_that_allow(self._mode, self._rules, access)
        self._decided(key, False, by, f"{reason}. {hint}".removesuffix(". "))
        raise PermissionDenied(f"not allowed: {reason}", hint)

    async def _answer_to(self, asked: PermissionAsked, access: Access) -> Decide | Verdict:
        question = _Question(asked, access, asyncio.get_running_loop().create_future())
        self._questions[asked.call_id] = question
        self._emit(asked)
        # The mode may have changed while the preview was made.
        self._judge_again()
        try:
            return await question.answer
        except asyncio.CancelledError:
            self._decided(asked.call_id, False, "cancelled", "the turn was stopped")
            raise
        finally:
            self._questions.pop(asked.call_id, None)

    async def _settle(self, decision: Decide) -> None:
        self._decided(decision.call_id, decision.allow, "person", decision.feedback)
        if not decision.allow:
            raise RefusedByPerson(decision.feedback)
        if decision.scope != "once":
            await self._remember(decision)

    async def _remember(self, decision: Decide) -> None:
        try:
            rule = parse_rule(decision.rule)
            self._rules = (*self._rules, rule)
            self._judge_again()
            if decision.scope != "session":
                await self._keep_rule(rule, decision.scope)
        except ConfigError as error:
            self._emit(Notice(text=error.message, level="warning", hint=error.hint))

    def answer(self, decision: Decide) -> bool:
        """Hand a person's decision to the call that waits; False when none does."""
        question = self._questions.get(decision.call_id)
        if question is None or question.answer.done():
            return False
        question.answer.set_result(decision)
        return True

    def _decided(self, key: str, allow: bool, by: str, reason: str) -> None:
        self._emit(PermissionDecided(call_id=key, allow=allow, by=by, reason=reason))
