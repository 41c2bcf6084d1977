"""Takes keys and tokens out of text that leaves for a log, an error or a screen.

Two nets: exact values that the process knows to be secret, and the shapes of common credentials.
What is caught becomes `[REDACTED:<rule>]`; redacting twice changes nothing more.
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from loom.secrets import Secret

_MARK = r"\[REDACTED(?::[a-z-]+)?\]"
_VALUE = r"[^\s\"'\\,;&}]+"

_RULES: tuple[tuple[str, str], ...] = (
    ("header", r"""(?:x-api-key|x-goog-api-key|authorization)\\?["']?\s*[:=]\s*\\?["']?"""),
    ("bearer", r"\bbearer\s+"),
    ("query", r"[?&](?:key|api_key|access_token|token)="),
    ("anthropic-key", r"\bsk-ant-[\w-]{6,}"),
    ("openai-key", r"\bsk-[\w-]{12,}"),
    ("google-key", r"\bAIza[\w-]{20,}"),
    ("google-token", r"\bya29\.[\w.-]{10,}"),
    ("loom-token", r"\bl[tk]_[\w-]{8,}"),
    ("github-token", r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,})"),
    ("aws-key", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("slack-token", r"\bxox[abeprs]-[\w-]{10,}"),
    (
        "private-key",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    ),
)
# For these the name stays readable and only what follows it is taken out.
_PREFIXES = {
    "header": rf"(?:(?:bearer|basic)\s+)?(?:{_MARK}|{_VALUE})",
    "bearer": rf"(?:{_MARK}|{_VALUE})",
    "query": rf"(?:{_MARK}|{_VALUE})",
}
# Text without any of these (in lower case) matches no rule; looking for them costs far less.
_HINTS = (
    "api-key",
    "key=",
    "private key",
    "authorization",
    "bearer",
    "token=",
    "sk-",
    "aiza",
    "ya29",
    "lt_",
    "lk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat",
    "akia",
    "asia",
    "xox",
)


def _pattern() -> re.Pattern[str]:
    parts = [f"(?:{_MARK})"]
    for name, pattern in _RULES:
        group = name.replace("-", "_")
        tail = _PREFIXES.get(name)
        case = "(?i:" if tail else "(?:"
        kept = f"(?P<{group}_kept>{pattern})" if tail else ""
        parts.append(f"{case}{kept}(?P<{group}>{tail or pattern}))")
    return re.compile("|".join(parts), re.DOTALL)


_SHAPES = _pattern()


class Redactor:
    """Knows the process's secrets and the shapes of others'.

    Args:
        secrets: values to take out wherever they appear, also JSON- or URL-encoded. Values of
            fewer than eight characters are left to the shapes: they would blot out prose.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._known: set[str] = set()
        self._exact: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: Secret) -> None:
        """Takes this value out of everything from now on."""
        value = secret.expose()
        if len(value) < 8 or value in "[REDACTED:header]":
            return
        self._known |= {value, json.dumps(value)[1:-1], quote(value, safe="")}
        longest_first = sorted(self._known, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, longest_first)))

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Knows these too, from now on."""
        for secret in secrets:
            self.add(secret)

    def redact(self, text: str) -> str:
        """`text` without anything that is, or looks like, a credential."""
        if self._exact is not None and _has_any(text, self._known):
            text = self._exact.sub("[REDACTED]", text)
        if _has_any(text.lower(), _HINTS):
            text = _SHAPES.sub(_replacement, text)
        return text


def _has_any(text: str, parts: Iterable[str]) -> bool:
    # A plain loop: a generator would double the cost, and every log line pays it.
    for part in parts:  # noqa: SIM110
        if part in text:
            return True
    return False


def _replacement(match: re.Match[str]) -> str:
    rule = match.lastgroup
    if rule is None:
        return match.group()
    kept = match.groupdict().get(f"{rule}_kept") or ""
    return f"{kept}[REDACTED:{rule.replace('_', '-')}]"
