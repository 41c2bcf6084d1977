"""Every error Loom raises on purpose.

LoomError
├── ConfigError            a setting, file or flag is wrong
├── CodecError             bytes that are not what they should be
├── StoreError             the thread store could not do it
│   ├── StoreFull          the disk is full
│   ├── NewerStore         written by a newer Loom
│   └── ThreadNotFound     no such thread, or the prefix fits several
├── ProviderError          a model could not be reached or refused (carries an LlmError)
├── ToolError              goes back to the model as the call's result
│   ├── InvalidArguments   wrong names, types or ranges
│   ├── TargetNotFound     the text to replace is not there, or not unique
│   ├── PathOutsideWorkspace
│   ├── NotFound           no such file
│   ├── PermissionDenied   a rule or the mode said no
│   │   └── RefusedByPerson
│   └── ToolTimeout
├── SyncError              a team's server would not take or give a thread
│   ├── Offline            nobody answers there
│   ├── Outdated           another version is there than the one that was written for
│   ├── NoRoom             it keeps no more for this person
│   └── PrivateThread      it must not leave this machine
├── AuthError              a token is missing or wrong
├── TooManyRequests        a server wants to be asked later
└── SessionError           the host or the session cannot do it (busy, closed, not yours)
    └── HostGone           nobody answers where a host was
"""

from loom.core.llm import LlmError


class LoomError(Exception):
    """Base of the tree. `hint` says what to do next, in one sentence."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(LoomError):
    """A setting, file or flag is wrong."""


class CodecError(LoomError):
    """Bytes that do not decode to what was expected."""


class StoreError(LoomError):
    """The thread store could not do what was asked; nothing was half done."""


class StoreFull(StoreError):
    """The disk or the quota is full; the transaction was rolled back."""


class NewerStore(StoreError):
    """The database has migrations that this Loom does not know."""


class ThreadNotFound(StoreError):
    """No thread has this id, or several share the prefix."""


class ProviderError(LoomError):
    """A model call failed; `error` is what the wire said."""

    def __init__(self, error: LlmError) -> None:
        super().__init__(error.message, error.hint)
        self.error = error


class ToolError(LoomError):
    """A tool could not do it; the text is written for the model."""


class InvalidArguments(ToolError):
    """The call's arguments do not fit the tool's schema."""


class TargetNotFound(ToolError):
    """The text to be replaced is absent or ambiguous."""


class PathOutsideWorkspace(ToolError):
    """The path leads out of the workspace, directly or by a link."""


class NotFound(ToolError):
    """No such file or folder."""


class PermissionDenied(ToolError):
    """A rule, the mode or a person refused the call."""


class RefusedByPerson(PermissionDenied):
    """A person refused the call; `feedback` is what they said, often nothing."""

    def __init__(self, feedback: str) -> None:
        said = f" and said: {feedback}" if feedback else ""
        super().__init__(f"the person refused this call{said}")
        self.feedback = feedback


class ToolTimeout(ToolError):
    """The call ran longer than it may."""


class SyncError(LoomError):
    """A team's server refused; `status` is HTTP's, 0 where there was no answer."""

    def __init__(self, message: str, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class Offline(SyncError):
    """The server cannot be reached, or answers that it cannot now."""


class Outdated(SyncError):
    """The thread is at another version than the one that the write was for."""


class NoRoom(SyncError):
    """The server keeps as much for this person as it will."""


class PrivateThread(SyncError):
    """A thread that was to leave this machine is marked as one that never does."""


class AuthError(LoomError):
    """A token is missing, wrong or expired."""


class TooManyRequests(LoomError):
    """A server's limit is met: it may be asked again in `retry_after` seconds."""

    def __init__(self, message: str, hint: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class SessionError(LoomError):
    """The live session is gone, busy, or belongs to someone else."""


class HostGone(SessionError):
    """Nobody answers where a host was: its process has ended, or never was."""
