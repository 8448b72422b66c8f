"""The feed of events: what webhooks told of, in the order of a growing number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from singer_rest.errors import ApiUnavailable, FatalRunError
from singer_rest.http.answers import Action, action_for, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS_WITHIN = 10.0  # seconds, beyond those that it was asked to wait


@dataclass(frozen=True, slots=True)
class Event:
    """A hint that something happened to a record; what it holds now, the API says."""

    seq: int
    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some events, the number to go on after, and whether events before them are lost."""

    events: list[Event]
    last: int
    gap: bool


class Feed:
    """The events of one source. `events_url` is the root in front of /feed/{source}."""

    def __init__(self, config: Mapping[str, Any], source: str, user_agent: str) -> None:
        self._url = f"{config['events_url'].rstrip('/')}/feed/{source}"
        self._token = config["events_token"]
        self._session = requests.Session()
        self._session.auth = self._sign
        self._session.headers.update({"Accept": "application/json", "User-Agent": user_agent})
        self.origin = "{0.scheme}://{0.netloc}".format(urlsplit(self._url))

    def after(self, seq: int, wait: int) -> Batch:
        """The events after this number, if need be those that come within `wait` seconds.

        Raises ApiUnavailable when another try may help, FatalRunError when it can't.
        """
        try:
            response = self._session.get(
                self._url, params={"after": seq, "wait": wait}, timeout=wait + ANSWERS_WITHIN, allow_redirects=False
            )
        except requests.RequestException:
            hint = "check events_url, and that sync-console receive is running there"
            raise ApiUnavailable(f"The feed of events at {self.origin} can't be reached: {hint}") from None
        if response.status_code != 200:
            self._refuse(response)
        try:
            return _batch(json.loads(response.content), seq)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ApiUnavailable(f"What {self.origin} answers is no feed of events: check events_url") from None

    def _refuse(self, response: requests.Response) -> None:
        status = response.status_code
        if action_for(status) is not Action.REFUSE:
            wait = retry_after(response.headers)
            raise ApiUnavailable(f"The feed of events at {self.origin} answered {status}", retry_after=wait)
        if status in (401, 403):
            raise FatalRunError(f"The feed of events at {self.origin} does not accept events_token")
        path = urlsplit(self._url).path
        raise FatalRunError(f"GET {path} answered {status}: check events_url, the root of the feed, in front of /feed/")

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _batch(body: Any, after: int) -> Batch:
    """The parsed answer; raises ValueError and its like for one that is none."""
    events = [Event(_number(one["seq"]), _text(one.get("type")), _text(one.get("id"))) for one in body["events"]]
    numbers = [event.seq for event in events]
    last = numbers[-1] if numbers else _number(body["last"])
    # another database than the one that the number came from
    gap = body.get("gap") is True or last < after
    if numbers != sorted(set(numbers)) or (numbers and numbers[0] <= after and not gap):
        raise ValueError
    return Batch(events, last, gap)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError
    return value
