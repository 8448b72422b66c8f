"""Requests to Streak, one at a time, so many a second, repeated while that may help."""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

import requests

from tap_streak.errors import ONCE, NoAccessError, NoAnswerError, RefusedError
from tap_streak.exchange import exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from requests.auth import AuthBase

    from tap_streak.exchange import Answer

LONGEST_WAIT = 30.0
WINDOW = 1.05  # a second, and some room for requests that are long on their way
LOGGER = logging.getLogger("tap-streak")

Row: TypeAlias = "dict[str, Any]"
# raises NoAnswerError for a body (of a path) that is not what it must be
Expectation: TypeAlias = "Callable[[Any, str], object]"


class StreakClient:
    """One account at Streak. `api_url` is the root without a version; paths begin with it."""

    def __init__(  # noqa: PLR0913 - each is a setting
        self,
        api_url: str,
        auth: AuthBase,
        *,
        hints: Mapping[int, str],
        user_agent: str,
        requests_per_second: int,
        timeout: float,
        retry_seconds: float,
    ) -> None:
        self._api_url = api_url
        self._hints = hints
        self._timeout = timeout
        self._retry_seconds = retry_seconds
        self._asked: deque[float] = deque(maxlen=requests_per_second)
        self._answered = False
        self._session = requests.Session()
        self._session.auth = auth
        self._session.headers.update({"Accept": "application/json", "User-Agent": user_agent})

    def get(self, path: str, **params: Any) -> Any:
        """The body of an answer. Raises RefusedError, or NoAnswerError when no try gave an answer."""
        return self.ask("GET", path, params=params).body

    def knows(self, path: str) -> bool:
        """Whether Streak knows what is there, be it only that this key may not see it."""
        try:
            self.get(path)
        except NoAccessError:
            return True
        except RefusedError as error:
            if not error.unknown:
                raise
            return False
        return True

    def batch(self, path: str, keys: Sequence[str]) -> Any:
        """The records with these keys; a POST that changes nothing."""
        return self.ask("POST", path, json=list(keys)).body

    def ask(self, method: str, path: str, *, expect: Expectation | None = None, **options: Any) -> Answer:
        """An answer that `expect` takes, too. Raises NoAccessError where the key is good but may not see this."""
        try:
            return self._insist(method, path, options, expect)
        except RefusedError as error:
            if error.status not in (401, 403) or not self._answered:
                raise
            # Streak says 401 for a bad key and for a good one without access alike
            self._insist("GET", "/v1/users/me", {}, None)
            raise NoAccessError(str(error).replace(self._hints[401], "no access"), error.status) from None

    def _insist(self, method: str, path: str, options: Mapping[str, Any], expect: Expectation | None) -> Answer:
        began = time.monotonic()
        for tried in count(1):
            self._take_turn()
            try:
                answer = self._once(method, path, options)
                if expect:
                    expect(answer.body, path)
            except NoAnswerError as error:
                self._wait(error, tried, time.monotonic() - began)
            else:
                self._answered = True
                return answer
        raise AssertionError  # count() has no end

    def _once(self, method: str, path: str, options: Mapping[str, Any]) -> Answer:
        url = f"{self._api_url}{path}"
        return exchange(self._session, method, url, self._hints, timeout=self._timeout, **options)

    def _take_turn(self) -> None:
        """Wait until the window holds fewer requests than a second may have."""
        if len(self._asked) == self._asked.maxlen:
            time.sleep(max(0.0, self._asked[0] + WINDOW - time.monotonic()))
        self._asked.append(time.monotonic())

    def _wait(self, error: NoAnswerError, tried: int, spent: float) -> None:
        """Pause before the next try; raises the error when there is none."""
        tries = None if self._answered and error.tries == ONCE else error.tries
        seconds = error.retry_after
        if seconds is None:
            seconds = random.uniform(0, min(LONGEST_WAIT, 2.0 ** (tried - 1)))  # noqa: S311 - jitter is no secret
        if (tries and tried >= tries) or spent + seconds > self._retry_seconds:
            raise error
        LOGGER.warning("%s; trying again in %.1f s", error, seconds)
        time.sleep(seconds)
