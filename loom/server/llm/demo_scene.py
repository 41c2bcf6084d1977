"""The demo's scene: a failing test in a small project, found and mended.

Each step is chosen from what the tools really answered in this turn; the script claims nothing
that no result showed it, so a denied edit or a project that was changed gives another ending.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from loom.core.messages import Message, Text, ToolCall, ToolResult

RUN_TESTS = "python3 -m unittest"
BUGGY = "    return end - start\n"
MENDED = "    return (end - start) % DAY\n"
SOURCE = "timesheet/clock.py"

HOW_TO_ADD_A_KEY = """\
To let a real model answer, give the server a key and start Loom again:

```bash
export ANTHROPIC_API_KEY=…          # or OPENAI_API_KEY, or LOOM_SERVER_VERTEX_PROJECT_ID
loom
```

A local endpoint that speaks OpenAI's protocol needs no key:

```bash
export OPENAI_BASE_URL=http://127.0.0.1:11434/v1
loom --provider openai --model NAME
```

`loom doctor` says what is missing. The key stays on the server: neither this screen nor any \
command the agent runs ever sees it."""

_PASSED = re.compile(r"^OK\b", re.M)
_ABOUT_THE_SCENE = re.compile(r"\b(bug|fix|mend|fail\w*|tests?|broken|continue|go on)\b", re.I)


class Step(NamedTuple):
    """What the scripted model says, and the (tool, arguments) it asks for; none ends the turn."""

    text: str
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()


class Done(NamedTuple):
    """A call of this turn with its answer."""

    call: ToolCall
    result: ToolResult

    @property
    def text(self) -> str:
        """What the tool answered."""
        return "".join(piece.text for piece in self.result.content if isinstance(piece, Text))


def next_step(messages: Sequence[Message], tools: set[str]) -> Step:
    """The answer to the conversation so far, when these tools are offered."""
    prompt, done = this_turn(messages)
    if not tools >= {"bash", "read_file", "code_search", "edit_file"}:
        return Step("I can only play the demo, and it needs Loom's tools.\n\n" + HOW_TO_ADD_A_KEY)
    if not _ABOUT_THE_SCENE.search(prompt):
        return Step(
            "I can only play the demo: ask me to **find the bug and fix it**. "
            "I am a script behind Loom's real proxy, tools and permissions, not a model.\n\n"
            + HOW_TO_ADD_A_KEY
        )
    if not done:
        return Step("Let me see what the project is and what fails.", _LOOK)
    return _AFTER[done[-1].call.name](done)


def this_turn(messages: Sequence[Message]) -> tuple[str, list[Done]]:
    """The person's last message, and the calls answered since."""
    prompt = ""
    done: list[Done] = []
    calls: dict[str, ToolCall] = {}
    for message in messages:
        if message.role == "user" and message.text:
            prompt, done = message.text, []
        calls |= {call.id: call for call in message.tool_calls}
        done += [
            Done(calls[result.tool_use_id], result)
            for result in message.tool_results
            if result.tool_use_id in calls
        ]
    return prompt, done


_LOOK: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_files", {}),
    ("read_file", {"path": "README.md"}),
)


def _test(done: list[Done]) -> Step:
    return Step("The README names the test command. I run it.", (("bash", {"command": RUN_TESTS}),))


def _tested(done: list[Done]) -> Step:
    """After a test run: the first looks for the cause, the one after the edit ends the scene."""
    run = done[-1]
    if any(each.call.name == "edit_file" for each in done):
        return _ending(done, run)
    if not re.search(r"^Ran \d+ tests?", run.text, re.M):
        return Step(f"I could not run the tests, so I stop here. The shell said:\n\n{_quoted(run)}")
    if not (failed := re.search(r"^FAIL: (\w+)", run.text, re.M)):
        if run.result.is_error or not _PASSED.search(run.text):
            return _stuck("The tests do not fail as I know it, so I change nothing.", run)
        return Step(f"Every test passes, so there is nothing to mend:\n\n{_quoted(run)}")
    text = (
        f"`{failed[1]}` fails: {_assertion(run)}. "
        "A negative length points at the subtraction. I look for it."
    )
    return Step(text, (("code_search", {"pattern": "def minutes_between"}),))


def _assertion(run: Done) -> str:
    found = re.search(r"^AssertionError: (.*)$", run.text, re.M)
    return f"`{found[1]}`" if found else "see above"


def _searched(done: list[Done]) -> Step:
    if SOURCE not in done[-1].text:
        return _stuck("The search did not find `minutes_between` where I expected it.", done[-1])
    return Step("It is in one place.", (("read_file", {"path": SOURCE}),))


def _read(done: list[Done]) -> Step:
    if done[-1].call.input.get("path") != SOURCE:
        return _test(done)
    if "return end - start" not in done[-1].text or done[-1].result.is_error:
        return _stuck(f"`{SOURCE}` is not what I expected, so I change nothing.", done[-1])
    text = (
        "`end - start` is right within a day and negative past midnight. Taken modulo a day it "
        "is right for both, and the README promises that a stretch may go on past midnight."
    )
    edit = {"path": SOURCE, "edits": [{"old_str": BUGGY, "new_str": MENDED}]}
    return Step(text, (("edit_file", edit),))


def _edited(done: list[Done]) -> Step:
    if done[-1].result.is_error:
        text = "The edit was not made, so the bug is still there. The answer to my call was:"
        return Step(f"{text}\n\n{_quoted(done[-1])}")
    return Step("Now the tests again.", (("bash", {"command": RUN_TESTS}),))


def _ending(done: list[Done], run: Done) -> Step:
    summary = re.search(r"^Ran \d+ tests? in .*$", run.text, re.M)
    if run.result.is_error or not summary or not _PASSED.search(run.text):
        return Step(f"I changed `{SOURCE}`, but I cannot say that it works:\n\n{_quoted(run)}")
    before = next(each for each in done if each.call.name == "bash")
    edit = next(each for each in done if each.call.name == "edit_file")
    what = edit.result.display.summary if edit.result.display else edit.text.splitlines()[0]
    return Step(
        f"**Fixed.** {summary[0]}: OK.\n\n"
        f"- Before: {_assertion(before)}\n"
        f"- Change: `{what}`\n"
        "- Why: a stretch past midnight ends at a smaller number than it starts.\n\n"
        "`python3 -m timesheet week.txt` shows the hours now."
    )


def _stuck(text: str, done: Done) -> Step:
    return Step(f"{text} This is what I got:\n\n{_quoted(done)}")


def _quoted(done: Done) -> str:
    lines = done.text.strip().splitlines()
    shown = lines if len(lines) <= 12 else [*lines[:4], "…", *lines[-7:]]
    return "```\n" + "\n".join(shown).replace("```", "'''") + "\n```"


_AFTER: dict[str, Callable[[list[Done]], Step]] = {
    "list_files": _test,
    "read_file": _read,
    "bash": _tested,
    "code_search": _searched,
    "edit_file": _edited,
}
