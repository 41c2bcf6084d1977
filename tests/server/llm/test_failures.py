import json

import pytest

from loom.redact import Redactor
from loom.secrets import Secret
from loom.server.llm.failures import Failures
from loom.server.llm.retry_after import retry_after, retry_delay

KEY = "sk-ant-api03-secret-secret"
FAILURES = Failures("Anthropic", Redactor([Secret(KEY)]))


def anthropic(kind: str, message: str) -> str:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}})


def openai(message: str, kind: str = "", code: str = "") -> str:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}})


def google(code: int, message: str, status: str) -> str:
    return json.dumps({"error": {"code": code, "message": message, "status": status}})


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000"),
            "context_too_long",
        ),
        (
            400,
            anthropic(
                "invalid_request_error",
                "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
            ),
            "context_too_long",
        ),
        (413, anthropic("request_too_large", "Request exceeds the size"), "context_too_long"),
        (
            400,
            openai("This model's maximum context length is 8192 tokens.", "", "x"),
            "context_too_long",
        ),
        (
            400,
            openai("Too big", "invalid_request_error", "context_length_exceeded"),
            "context_too_long",
        ),
        (400, openai("the request exceeds the available context size"), "context_too_long"),
        (
            400,
            google(
                400,
                "The input token count (2) exceeds the maximum number of tokens",
                "INVALID_ARGUMENT",
            ),
            "context_too_long",
        ),
        (400, anthropic("invalid_request_error", "max_tokens: 9 > 8"), "invalid_request"),
        (400, anthropic("invalid_request_error", "Your credit balance is too low"), "quota"),
        (402, anthropic("billing_error", "pay"), "quota"),
        (429, openai("You exceeded your current quota", "insufficient_quota"), "quota"),
        (429, openai("Rate limit reached", "tokens", "rate_limit_exceeded"), "rate_limited"),
        (429, anthropic("rate_limit_error", "too many input tokens per minute"), "rate_limited"),
        (429, google(429, "Quota exceeded for metric x", "RESOURCE_EXHAUSTED"), "rate_limited"),
        (401, anthropic("authentication_error", "invalid x-api-key"), "auth"),
        (403, google(403, "Permission denied", "PERMISSION_DENIED"), "auth"),
        (404, openai("The model `x` does not exist", "", "model_not_found"), "invalid_request"),
        (422, '{"detail":[{"loc":["body"],"msg":"field required"}]}', "invalid_request"),
        (408, "", "transient"),
        (409, "", "transient"),
        (500, anthropic("api_error", "Internal server error"), "transient"),
        (502, "<html><title>502 Bad Gateway</title></html>", "transient"),
        (503, google(503, "overloaded", "UNAVAILABLE"), "transient"),
        (529, anthropic("overloaded_error", "Overloaded"), "transient"),
        (307, "", "invalid_response"),
    ],
)
def test_answer_is_classified(status: int, body: str, kind: str):
    error = FAILURES.answered(status, {}, body.encode())
    assert (error.kind, error.status) == (kind, status)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (anthropic("overloaded_error", "Overloaded"), "transient"),
        (anthropic("rate_limit_error", "slow"), "rate_limited"),
        (anthropic("authentication_error", "key"), "auth"),
        (anthropic("invalid_request_error", "no"), "invalid_request"),
        (openai("x", "invalid_request_error", "rate_limit_exceeded"), "rate_limited"),
        (openai("x", "invalid_request_error", "context_length_exceeded"), "context_too_long"),
        (openai("x", "insufficient_quota", "insufficient_quota"), "quota"),
        ('{"type":"error","code":"server_error","message":"x"}', "transient"),
        (google(503, "x", "UNAVAILABLE"), "transient"),
        ('{"error":{"code":429,"message":"x"}}', "rate_limited"),
        ('{"error":"model crashed"}', "transient"),
        ("garbage", "transient"),
    ],
)
def test_error_event_is_classified(body: str, kind: str):
    assert FAILURES.streamed(body.encode()).kind == kind


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (anthropic("api_error", "Oops"), "Anthropic: Oops"),
        ('{"error":"model \\"x\\" not found"}', 'Anthropic: model "x" not found'),
        ('{"detail":"Not Found"}', "Anthropic: Not Found"),
        ('{"object":"error","message":"bad","code":400}', "Anthropic: bad"),
        ('[{"error":{"code":400,"message":"in a list","status":"X"}}]', "Anthropic: in a list"),
        ("upstream connect error", "Anthropic: upstream connect error"),
        ("", "Anthropic answered with HTTP 500 and no explanation."),
        ("{}", "Anthropic: {}"),
        ("[" * 100_000, "Anthropic: " + "[" * 600 + "…"),
        (
            "<!DOCTYPE html><html><head><title>502 Bad\n Gateway &amp; co</title>",
            "Anthropic answered with a web page instead of its API: “502 Bad Gateway & co”.",
        ),
        ("<html><body>", "Anthropic answered with a web page instead of its API."),
        ("\xff\xfe", "Anthropic: ÿþ"),
    ],
)
def test_message_is_one_clear_sentence(body: str, message: str):
    assert FAILURES.answered(500, {}, body.encode()).message == message


@pytest.mark.parametrize("key", [KEY, "sk-proj-0123456789abcdef", "AIzaSyA0123456789abcdefghijklm"])
def test_no_key_is_quoted(key: str):
    body = anthropic("authentication_error", f"Incorrect API key provided: {key}.")
    error = FAILURES.answered(401, {}, body.encode())
    assert key not in repr(error)
    assert "Incorrect API key" in error.message
    assert error.hint


def test_request_id_is_kept():
    assert FAILURES.answered(500, {"Request-Id": "req_1"}, b"").request_id == "req_1"
    assert FAILURES.answered(500, {"X-Request-ID": "req_2"}, b"").request_id == "req_2"
    assert FAILURES.answered(500, {}, b'{"request_id":"req_3"}').request_id == "req_3"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 10.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e12"}, 86_400.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None):
    assert retry_after(headers, clock=lambda: 90.0) == seconds


def test_googles_retry_delay_is_read():
    details = [{"@type": "x"}, {"@type": "…RetryInfo", "retryDelay": "17.5s"}]
    body = json.dumps({"error": {"message": "slow", "code": 429, "details": details}})
    assert FAILURES.answered(429, {}, body.encode()).retry_after == 17.5
    assert retry_delay([{"retryDelay": "soon"}]) is None
