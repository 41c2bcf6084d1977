"""Who decides whether a call runs: the rules, the mode, and where they ask, a person."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from loom.agent.services import KeepRule
from loom.core.errors import ConfigError, PermissionDenied
from loom.core.permissions import Access, Rule, judge, parse_rule
from loom.core.protocol import AnyEvent, Decide, Mode, Notice, PermissionAsked, PermissionDecided
from loom.tools.base import Tool, ToolContext

_TOO_WIDE = frozenset(
    {
        "bash",
        "chmod",
        "chown",
        "curl",
        "dd",
        "env",
        "eval",
        "find",
        "kill",
        "mv",
        "node",
        "perl",
        "python",
        "python3",
        "rm",
        "ruby",
        "sh",
        "ssh",
        "sudo",
        "wget",
        "xargs",
        "zsh",
        ">",
    }
)
"""Programs of which any use is as good as every use: only the exact command is offered."""

_BOLDER: tuple[Mode, ...] = ("edit", "auto")


@dataclass(frozen=True)
class _Question:
    asked: PermissionAsked
    answer: "asyncio.Future[Decide]"


class Authorizer:
    """Judges calls for a session and all its sub-agents.

    Args:
        emit: where questions and decisions are reported.
        keep_rule: writes rules of scope `project` and `user`.
        has_person: False refuses whatever would be asked, with the flag that would allow it.
    """

    def __init__(
        self,
        mode: Mode,
        rules: tuple[Rule, ...],
        emit: Callable[[AnyEvent], None],
        keep_rule: KeepRule,
        *,
        has_person: bool,
    ) -> None:
        self.mode = mode
        self._rules = rules
        self._emit = emit
        self._keep_rule = keep_rule
        self._has_person = has_person
        self._questions: dict[str, _Question] = {}

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
        verdict = judge(self.mode, self._rules, access)
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
        await self._settle(await self._answer_to(asked))

    def _refuse(self, key: str, access: Access, by: str, reason: str) -> NoReturn:
        hint = "" if self._has_person else flags_that_allow(self.mode, self._rules, access)
        self._decided(key, False, by, f"{reason}. {hint}".removesuffix(". "))
        raise PermissionDenied(f"not allowed: {reason}", hint)

    async def _answer_to(self, asked: PermissionAsked) -> Decide:
        question = _Question(asked, asyncio.get_running_loop().create_future())
        self._questions[asked.call_id] = question
        self._emit(asked)
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
            said = f" and said: {decision.feedback}" if decision.feedback else ""
            raise PermissionDenied(f"the person refused this call{said}")
        if decision.scope != "once":
            await self._remember(decision)

    async def _remember(self, decision: Decide) -> None:
        try:
            rule = parse_rule(decision.rule)
            self._rules = (*self._rules, rule)
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


def flags_that_allow(mode: Mode, rules: tuple[Rule, ...], access: Access) -> str:
    """Which flags would let the call run without a person, each tried; empty when none does."""
    flags = [f"--mode {bold}" for bold in _BOLDER if judge(bold, rules, access).effect == "allow"]
    offered = suggestions(access)
    for some in (offered[:1], offered):
        if judge(mode, (*rules, *_parsed(some)), access).effect == "allow":
            flags.append(" ".join(f"--allow “{rule.removeprefix('allow ')}”" for rule in some))
            break
    return f"Allow it with {' or '.join(flags)}." if flags else ""


def _parsed(texts: Iterable[str]) -> Iterator[Rule]:
    for text in texts:
        with suppress(ConfigError):  # a command's text may make no rule
            yield parse_rule(text)


def suggestions(access: Access) -> tuple[str, ...]:
    """Rules to offer for "always", narrowest first; a line of several commands has several.

    Never wider than it looks: a target that holds a wildcard of the rule language, or a word that
    is only known when it runs, is not offered as a pattern.
    """
    needed = [target for target in access.targets if target not in access.harmless]
    exact = [_rule(access, target) for target in needed if _is_plain(target, access)]
    if access.kind == "execute":
        wide = [_rule(access, pattern) for target in needed if (pattern := _widened(target))]
        offered = wide if len(needed) > 1 else [*exact, *wide]
    elif access.kind == "write":
        offered = [*exact, f"allow {access.tool}(**)"]
    else:
        offered = []
    return tuple(dict.fromkeys(offered)) or (f"allow {access.tool}",)


def _rule(access: Access, pattern: str) -> str:
    return f"allow {access.tool}({pattern})"


def _is_plain(target: str, access: Access) -> bool:
    return not set("*?") & set(target) and target not in access.uncertain


def _widened(target: str) -> str:
    """`git push origin` becomes `git push *`, `pytest -q x` `pytest *`; empty where that is all."""
    words = target.split(" ")
    if words[0] in _TOO_WIDE:
        return ""
    kept = words[:2] if len(words) > 1 and words[1].isalpha() else words[:1]
    return f"{' '.join(kept)} *"
