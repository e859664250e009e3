"""What can go wrong in a sync, as classes with a code; the words for the user are the caller's."""

from __future__ import annotations


class SyncError(Exception):
    """A sync that could not go on. `code` is stable and fit for a log and a lookup of the sentence."""

    code = "sync"

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(f"{self.code}: {detail}" if detail else self.code)


class Offline(SyncError):
    """No connection, a stalled one, or one that broke in the middle."""

    code = "offline"


class SignInNeeded(SyncError):
    """The device's token, or the e-mail, password or one-time code, is not accepted."""

    code = "sign_in_needed"


class UpdateNeeded(SyncError):
    """The server asks for a newer program before it lets this one pull."""

    code = "update_needed"


class ServerBusy(SyncError):
    """The server asks to come back in `retry_after` seconds."""

    code = "server_busy"

    def __init__(self, retry_after: float = 5.0, detail: str = "") -> None:
        self.retry_after = retry_after
        super().__init__(detail)


class TooManyRequests(ServerBusy):
    """This caller asked too often; others are served."""

    code = "too_many_requests"


class Refused(SyncError):
    """The server understood and says no, for the reason `code` (`too_big`, `not_implemented`, …)."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(detail)


class Protocol(SyncError):
    """A message that is damaged, cut off, or not of this protocol."""

    code = "protocol"
