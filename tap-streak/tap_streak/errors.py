"""What ends a run, as one line for the person who started it."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from singer_sdk.exceptions import ConfigValidationError, FatalAPIError, RetriableAPIError

BRIEF = 3
ONCE = 1


class StreakError(FatalAPIError):
    """The run can't go on; the text names what to fix, and no body, header, query or person."""


class FeedError(StreakError):
    """Following the feed of events can't go on."""


class RefusedError(StreakError):
    """Streak refused one request for good; some callers know another way."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def unknown(self) -> bool:
        """Whether the path or the key in it may be unknown; Streak answers both 400 and 404 then."""
        return self.status in (400, 404, 410)


class NoAccessError(RefusedError):
    """The key is good, but its user may not see this."""


class NoAnswerError(RetriableAPIError):
    """Streak gave no usable answer this time.

    `tries`: how often such a request is worth making, None for as long as the settings allow;
    `retry_after`: seconds that Streak asked to be left alone.
    """

    def __init__(self, message: str, *, tries: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.tries = tries
        self.retry_after = retry_after


def setting_problem(error: str) -> str:
    """The SDK's finding without the value, which may be a secret."""
    place = re.search(r"config\['(\w+)'\]", error)
    name = place[1] if place else "a setting"
    return f"{name} has a wrong type or value: `tap-streak --about --format=json` describes it"


def input_problem(error: ValueError) -> str:
    """What the SDK could not read; empty for an error that is not about what it was given."""
    if hasattr(error, "lineno"):
        return f"A file of --config, --state or --catalog is not JSON (line {error.lineno})"
    if str(error).startswith("invalid literal for int()"):
        return "An environment variable TAP_STREAK_… that must be a whole number is something else"
    return ""


@contextmanager
def one_line(logger: logging.Logger) -> Iterator[None]:
    """A mistake or an outage ends the program with exit code 1 and one line, no traceback."""
    try:
        yield
    except ConfigValidationError as error:
        line = "; ".join(map(setting_problem, error.errors))
    except (StreakError, NoAnswerError) as error:
        line = str(error)
    except ValueError as error:
        line = input_problem(error)
        if not line:
            raise
    except (FileNotFoundError, FileExistsError, PermissionError) as error:
        line = f"A file of --config, --state or --catalog can't be read: {error.filename or error}"
    else:
        return
    logger.error(line)
    sys.exit(1)
