"""What OpenAI's model names say about what a model takes."""

_WITHOUT_REASONING = ("gpt-3.5", "gpt-4", "chatgpt-4o")


def thinks(model: str) -> bool:
    """Whether it is a reasoning model: all are that came after GPT-4, also fine-tuned ones."""
    return not model.removeprefix("ft:").startswith(_WITHOUT_REASONING)


def takes_temperature(model: str) -> bool:
    """Whether `temperature` is accepted; reasoning models refuse it."""
    return not thinks(model)


def effort(thinking_tokens: int) -> str:
    """The reasoning effort nearest to a budget of tokens."""
    if thinking_tokens <= 2_048:
        return "low"
    return "medium" if thinking_tokens <= 8_192 else "high"
