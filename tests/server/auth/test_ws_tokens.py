from loom.server.auth.ws_tokens import LIFETIME_MS, MOST, WsTokens
from loom.server.keys import WS_TOKENS
from loom.server.principal import OPERATOR, Principal
from tests.server.conftest import TeamUp


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


def test_a_sockets_token_holds_once_and_for_thirty_seconds() -> None:
    clock = Clock()
    tokens = WsTokens(clock)
    one, two = (tokens.issue(OPERATOR).expose() for _ in range(2))
    clock.now = LIFETIME_MS - 1
    assert tokens.redeem(one) is OPERATOR
    assert tokens.redeem(one) is None
    clock.now = LIFETIME_MS
    assert tokens.redeem(two) is None and tokens.redeem("") is None


def test_sockets_tokens_are_bounded() -> None:
    tokens = WsTokens(Clock())
    first = tokens.issue(OPERATOR).expose()
    for _ in range(MOST):
        last = tokens.issue(Principal()).expose()
    assert tokens.redeem(first) is None and tokens.redeem(last) == Principal()


async def test_a_person_gets_a_sockets_token(team: TeamUp) -> None:
    loom = await team()
    alice = await loom.sign_up("alice@example.com")
    said = await loom.call("GET", "/auth/ws-token", alice.headers)
    assert said.headers["Cache-Control"] == "no-store" and said.json()["expires_in"] == 30
    principal = loom.app[WS_TOKENS].redeem(said.json()["token"])
    assert principal is not None and principal.user_id == alice.id
