"""Where Loom is pointed so that it reaches a fake provider on each wire."""

from tests.fakes.providers import FakeProvider

KEY = "sk-ant-e2e-0123456789abcdefghij"

WIRES = ("anthropic", "chat", "responses", "gemini", "claude-on-vertex")

PROVIDERS = {
    "anthropic": "anthropic",
    "chat": "openai",
    "responses": "openai",
    "gemini": "vertex",
    "claude-on-vertex": "vertex",
}
"""The provider's name for each wire."""


def variables(wire: str, fake: FakeProvider) -> dict[str, str]:
    """The environment of an embedded server whose provider is the fake."""
    openai = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": fake.openai_url,
        "LOOM_SERVER_OPENAI_MODEL": "gpt-6.1-sol",
        "LOOM_SERVER_OPENAI_WIRE": wire,
    }
    vertex = {
        "LOOM_SERVER_VERTEX_PROJECT_ID": "a-project",
        "LOOM_SERVER_VERTEX_LOCATION": "europe-west1",
        "LOOM_SERVER_VERTEX_BASE_URL": fake.url,
        "LOOM_SERVER_VERTEX_API_KEY": KEY,
    }
    own = {
        "anthropic": {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": fake.url},
        "chat": openai,
        "responses": openai,
        "gemini": vertex | {"LOOM_SERVER_VERTEX_MODEL": "gemini-3.8-flash"},
        "claude-on-vertex": vertex | {"LOOM_SERVER_VERTEX_MODEL": "claude-sonnet-4-5"},
    }[wire]
    return {"LOOM_PROVIDER": PROVIDERS[wire], **own}
