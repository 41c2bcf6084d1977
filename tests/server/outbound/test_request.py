from loom.server.outbound.pool import Pool
from loom.server.outbound.request import request_head


def test_a_header_that_is_given_in_any_case_is_sent_once(pool: Pool) -> None:
    target = pool.target("http://user:word@127.0.0.1:9/x")
    given = {
        "content-type": "application/json",
        "user-agent": "mine",
        "ACCEPT": "text/plain",
        "authorization": "Bearer t",
    }
    head = request_head("POST", target, given, b"{}").decode().lower()
    for name in ("content-type", "user-agent", "accept", "authorization", "content-length", "host"):
        assert head.count(f"\r\n{name}:") == 1, name
    assert "octet-stream" not in head
