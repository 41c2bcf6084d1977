"""What flags and kill switches are for one caller."""

from typing import NamedTuple

from loom.api.flags import Evaluation, FlagState
from loom.server.flags.evaluate import Context, evaluate
from loom.server.flags.switchboard import Switchboard
from loom.server.principal import Principal


class Caller(NamedTuple):
    """Who asks, and what they say of themselves."""

    principal: Principal
    environment: str
    session: str

    def context(self, now_ms: int) -> Context:
        """What conditions and percentages are about."""
        known = {
            "user": self.principal.user_id,
            "org": self.principal.org_id,
            "session": self.session,
            "environment": self.environment,
            "email": self.principal.email,
        }
        told = {name: value for name, value in known.items() if value}
        return Context(self.environment, now_ms, told)


def state(board: Switchboard, caller: Caller, now_ms: int) -> FlagState:
    """Everything that is not archived, and the active switches."""
    flags, active = board.seen_by(caller.principal.org_id)
    found = (
        evaluation(board, caller, key, now_ms)
        for key, flag in flags.items()
        if not flag.is_archived
    )
    return FlagState(tuple(found), active)


def evaluation(board: Switchboard, caller: Caller, key: str, now_ms: int) -> Evaluation:
    """One flag."""
    flags, active = board.seen_by(caller.principal.org_id)
    killed = frozenset(each for switch in active for each in (switch.key, *switch.flags))
    return evaluate(key, caller.context(now_ms), flags, killed)
