"""What can go wrong with a record, with a call and with a run."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

from singer_sdk.exceptions import FatalAPIError, RetriableAPIError

REASON_LENGTH = 300
# it begins where a local part begins: else a long text without any @ would be searched again from each character
_EMAIL = re.compile(r"(?<![^\s@<>()\[\]\",:;])([^\s@<>()\[\]\",:;])[^\s@<>()\[\]\",:;]*+@([\w.-]+)")
_WORDS = re.compile(r"(answered \d{3}|refused): .*", re.DOTALL)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\s]+")


def masked(text: str) -> str:
    """The text with every e-mail address as `a***@domain`, for logs."""
    return _EMAIL.sub(r"\1***@\2", text)


def single_line(text: str, length: int = REASON_LENGTH) -> str:
    """The text on one line, without control characters, cut to `length` characters."""
    line = _UNPRINTABLE.sub(" ", text[: length * 4]).strip()
    line = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
    return line if len(line) <= length else line[: length - 1] + "…"


def redact(text: str, length: int = REASON_LENGTH) -> str:
    """The text for logs: on one line, without the words of an API, which may quote people's data; e-mails masked."""
    # what is cut first may leave half an address, which nobody would know for one
    return single_line(_WORDS.sub(r"\1", masked(text)), length)


class NotOurs(Exception):  # noqa: N818 - a record's fate, not a fault of the program
    """The record is about something at the destination that belongs to another source: it is left alone."""


class RecordRejected(Exception):  # noqa: N818 - a record's fate, not a fault of the program
    """The record is at fault: it becomes a dead letter.

    `waits_for` is (stream, externalId) of the record it needs; `log` is what logs may say of a reason that quotes data.
    """

    def __init__(
        self, reason: str, code: str = "rejected", waits_for: tuple[str, str] | None = None, *, log: str | None = None
    ) -> None:
        super().__init__(redact(log or reason))
        self.reason = reason
        self.code = code
        self.waits_for = waits_for

    @property
    def kind(self) -> Literal["waiting", "conflict", "rejected"]:
        """The kind of the letter."""
        return "waiting" if self.waits_for else "rejected"


class AmbiguousMatch(RecordRejected):
    """Several records of the API could be meant: nothing is written until a person has said which."""

    kind = "conflict"


class RecordFault(Exception):  # noqa: N818
    """A retriable fault that stayed with this record after all retries."""

    kind: ClassVar[Literal["retry"]] = "retry"
    waits_for = None

    def __init__(self, reason: str, code: str = "fault", *, log: str | None = None) -> None:
        super().__init__(redact(log or reason))
        self.reason = reason
        self.code = code


class UnreadableLine(ValueError):  # noqa: N818
    """A line of the input is no message that can be used: it is set aside, the next line is read."""


class FatalRunError(Exception):
    """Nothing can be written any more (credentials, host, configuration, ledger, max_rejected): exit 1, one line."""


class ApiError(FatalAPIError):
    """The API refused a call: a 4xx, a redirect, or a 200 with `success: false`.

    `reason`: the vendor's words only. `answer`: its JSON object, `{}` where there is none; it may hold anything and is
    never shown. `code`: those of its words that logs may show; `hint`: what to do about it.
    """

    def __init__(  # noqa: PLR0913 - the call, its answer, and what is said about both
        self,
        status: int,
        reason: str,
        method: str,
        path: str,
        answer: dict[str, Any] | None = None,
        *,
        code: str = "",
        hint: str = "",
    ) -> None:
        self.status = status
        self.reason = single_line(reason)
        self.method = method
        self.path = path
        self.answer = answer or {}
        self.code = code
        self.hint = hint
        shown = f"{method} {path} answered {status}{f' ({code})' if code else ''}"
        super().__init__(single_line(masked(f"{shown}: {hint}" if hint else shown)))

    @property
    def final(self) -> bool:
        """Whether the call surely had no effect and never will: not so after a redirect and a `success: false`."""
        return 400 <= self.status < 500

    @property
    def unknown(self) -> bool:
        """Whether the path, or the key in it, may be unknown: Streak answers 400 as well as 404 then."""
        return self.status in {400, 404, 410}


class NoAccess(ApiError):  # noqa: N818
    """The credentials are good, but what was asked for is not for them."""


class VersionConflict(Exception):  # noqa: N818
    """The API's record is no longer what it was when it was read; `current` is what it is now."""

    def __init__(self, current: dict[str, Any]) -> None:
        super().__init__("the record changed at the destination meanwhile")
        self.current = current


class ApiUnavailable(RetriableAPIError):  # noqa: N818
    """The API did not answer well within `retry_seconds`. `connected` is False when the host can't be reached.

    `retry_after`: seconds that the API asked to be left alone.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, connected: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(redact(reason))
        self.reason = reason
        self.status = status
        self.connected = connected
        self.retry_after = retry_after


class OutcomeUnknown(Exception):  # noqa: N818
    """A call that must not be repeated blindly may have had its effect: look it up before sending it again."""

    def __init__(self, reason: str, *, status: int | None = None) -> None:
        super().__init__(redact(reason))
        self.reason = reason
        self.status = status
