"""What a request asks of the provider: read from the marker in the person's last words.

go [[tokens=5000 rate=100 tool=seq+100 marker=m1x]]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARKER = re.compile(r"\[\[([^\]]*)\]\]")
FIELD = re.compile(r"(\w+)=(\S+)")
SHELLS = ("bash", "shell", "exec_command", "shell_command", "Bash")
RESULTS = frozenset({"tool_result", "function_call_output"})


@dataclass(frozen=True)
class Answer:
    """How the provider answers.

    Attributes:
        rate: tokens a second; 0 is full speed.
        tool: a shell line that is run before the text comes; `+` stands for a blank.
        writes: files that are written before the text comes, one after the other.
        marker: what the text ends with, after `END-OF-ANSWER-`.
    """

    tokens: int = 20
    rate: float = 0.0
    tool: str = ""
    writes: int = 0
    marker: str = ""


@dataclass(frozen=True)
class Request:
    """A request of any wire.

    Attributes:
        words: the text of the person's last message.
        shell: the name of the tool that runs shell lines; empty where none is offered.
        answered: tools' results that came after those words.
        is_aside: nobody reads the answer on the main screen, such as a title's.
    """

    words: str
    shell: str = ""
    answered: int = 0
    is_aside: bool = False

    @property
    def answer(self) -> Answer:
        """What the last marker says; a short answer to what comes aside."""
        markers = MARKER.findall(self.words)
        if self.is_aside or not markers:
            return Answer(tokens=4)
        said = dict(FIELD.findall(markers[-1]))
        return Answer(
            int(said.get("tokens", 20)),
            float(said.get("rate", 0)),
            said.get("tool", "").replace("+", " "),
            int(said.get("writes", 0)),
            said.get("marker", ""),
        )


def read(path: str, body: dict[str, Any]) -> Request:
    """The request that came to the route `path`."""
    messages = body.get("input" if path.endswith("/responses") else "messages") or []
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    words, answered = "", 0
    for message in messages:
        if is_result(message):
            answered += 1
        elif message.get("role") == "user":
            words, answered = "\n".join(texts(message.get("content"))), 0
    tools = body.get("tools") or []
    is_aside = not tools and not path.endswith("/chat/completions")
    return Request(words, shell(tools), answered, is_aside)


def is_result(message: dict[str, Any]) -> bool:
    """Whether it brings a tool's result, on any wire."""
    content = message.get("content")
    inner = content if isinstance(content, list) else []
    is_block = any(isinstance(block, dict) and block.get("type") in RESULTS for block in inner)
    return message.get("role") == "tool" or message.get("type") in RESULTS or is_block


def texts(content: Any) -> Iterator[str]:
    """Every text of a message's content."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (str(block["text"]) for block in content if "text" in block)


def shell(tools: list[dict[str, Any]]) -> str:
    """The tool that runs shell lines."""
    names = [str(tool.get("name") or tool.get("function", {}).get("name")) for tool in tools]
    return next((name for name in SHELLS if name in names), "")
