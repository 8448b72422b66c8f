"""What ends a run, as one line for the person who started it."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from singer_sdk.exceptions import ConfigValidationError, FatalAPIError, RetriableAPIError

PATIENT = 10
BRIEF = 3
ONCE = 1


class ShopError(FatalAPIError):
    """The run can't go on; the text names what to fix, and no body, header, query or person."""


class FeedError(ShopError):
    """Following the feed of events can't go on."""


class NoAnswerError(RetriableAPIError):
    """The shop gave no usable answer this time.

    `tries`: how often such a request is worth making; `retry_after`: seconds that the shop asked to be left alone.
    """

    def __init__(self, message: str, *, tries: int = PATIENT, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.tries = tries
        self.retry_after = retry_after


def setting_problem(error: str) -> str:
    """The SDK's finding without the value, which may be a secret."""
    place = re.search(r"config\['(\w+)'\]", error)
    name = place[1] if place else "a setting"
    return f"{name} has a wrong type or value: `tap-clarity --about --format=json` describes it"


def input_problem(error: ValueError) -> str:
    """What the SDK could not read; empty for an error that is not about what it was given."""
    if hasattr(error, "lineno"):
        return f"A file of --config, --state or --catalog is not JSON (line {error.lineno})"
    if str(error).startswith("invalid literal for int()"):
        return "An environment variable TAP_CLARITY_… that must be a whole number is something else"
    return ""


@contextmanager
def one_line(logger: logging.Logger) -> Iterator[None]:
    """A mistake or an outage ends the program with exit code 1 and one line, no traceback."""
    try:
        yield
    except ConfigValidationError as error:
        line = "; ".join(map(setting_problem, error.errors))
    except (ShopError, NoAnswerError) as error:
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
