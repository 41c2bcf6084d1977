"""Why somebody could not sign in: a page for them, a line for the audit log."""

from loom.server.errors import Refused


class LoginFailed(Refused):
    """A sign-in that ends here.

    Args:
        code: one word for the audit log and for tests.
        message: what happened, in words of the person who reads it.
        hint: what to do next.
        detail: what the operator needs to know besides; no secret, nothing that the page shows.
    """

    def __init__(
        self, code: str, message: str, hint: str, detail: str = "", *, status: int = 403
    ) -> None:
        super().__init__(status, code, message, hint)
        self.detail = detail
