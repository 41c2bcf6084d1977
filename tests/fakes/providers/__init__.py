"""Wire-exact fakes of the model providers, on loopback, built from the official SDKs' own types.

    async with FakeProvider([Turn(Say("Hello"))]) as fake:
        ...  # fake.url, fake.openai_url, fake.requests

One fake speaks every wire: Anthropic Messages, OpenAI chat and Responses, Gemini and Claude on
Vertex. `python -m tests.fakes.providers --port N` runs it by itself. Importing `FakeProvider`
imports the SDKs, which takes seconds.
"""

from tests.fakes.providers.script import (
    Asked,
    Call,
    Refusal,
    Say,
    Think,
    Tokens,
    Trouble,
    Turn,
    default_script,
)
from tests.fakes.providers.server import FakeProvider, Recorded

__all__ = [
    "Asked",
    "Call",
    "FakeProvider",
    "Recorded",
    "Refusal",
    "Say",
    "Think",
    "Tokens",
    "Trouble",
    "Turn",
    "default_script",
]
