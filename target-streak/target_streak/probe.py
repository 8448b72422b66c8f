"""`target-streak check --probe`: look at an account, in 25 calls at most, for what this target assumes of Streak.

It only reads. What there is nothing to see by stays open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from singer_rest import ApiError, ApiFindings, ApiUnavailable, RestClient, from_ms, single_line
from streak_api.errors import GONE_PHRASES
from streak_api.paging import Envelope, Row, opened
from streak_api.pipelines import BOX_COUNTERS, Pipeline

from target_streak.connection import KEYS, WORDS, Connection
from target_streak.first_contact import PROBED, Answers, Write
from target_streak.team_lists import made_at

MOST_ROWS = 500
"""So many boxes of one pipeline are looked at."""
LEAST_DATES = 3
UNKNOWN_KEYS = {"box": "/v1/boxes/", "contact": "/v2/contacts/"}
NO_SUCH_KEY = "agxzfm1haWxmb29nYWVycgsLEgRDYXNlGAEM"
REFUSED_STATUSES = {401, 402, 403}


def probe(connection: Connection, client: RestClient, write: Write) -> Answers:
    """Find the answers out, keep them, print the table."""
    look = Probe(connection, client)
    look.at_everything()
    for line in look.answers.table():
        write(line)
    return look.answers


class Probe:
    """One look at an account."""

    def __init__(self, connection: Connection, client: RestClient) -> None:
        """Take a connection to the team."""
        self._connection, self._client = connection, client
        self.answers = Answers(connection.ledger, PROBED)
        self._words = ApiFindings(connection.ledger.bindings, KEYS)

    def at_everything(self) -> None:
        """Take one look after another; what Streak does not answer stays open."""
        pipelines = sorted(self._connection.catalog.pipelines, key=lambda each: each.box_count or 0)
        boxes = self._boxes(pipelines[-1]) if pipelines else []
        self._children(boxes)
        self._dates(boxes, pipelines[-1] if pipelines else None)
        for kind, path in UNKNOWN_KEYS.items():
            self._unknown_key(kind, path)
        for stream in ("contacts", "organizations"):
            self._party_list(stream)
        self._team_webhooks()

    def _asked(self, path: str, **params: Any) -> Envelope:
        return opened(self._client.get(path, params=params or None))

    # lists of boxes

    def _boxes(self, pipeline: Pipeline) -> list[Row]:
        """Read the largest pipeline: all of it, up to 500 boxes, and two short pages."""
        path, by_creation = f"/v1/pipelines/{pipeline.key}/boxes", {"sortBy": "creationTimestamp"}
        try:
            rows = self._asked(path, page=0, limit=MOST_ROWS, **by_creation).rows
            fewer = len(rows) < min(MOST_ROWS, pipeline.box_count or 0)
            more = self._asked(path, page=1, limit=MOST_ROWS, **by_creation).rows if fewer and rows else []
            if len(rows) > 1:
                half = min(len(rows) // 2, 10)
                first, second = (self._asked(path, page=page, limit=half, **by_creation).rows for page in (0, 1))
                self._pages(first, second, half)
        except (ApiError, ApiUnavailable) as refused:
            for topic in ("boxes page", "boxes limit", "boxes order", "boxes count"):
                self.answers.leave_open("lists", topic, f"the list is refused ({_status(refused)})")
            return []
        instants = [made_at(row) for row in rows]
        if len(set(instants)) > 1:
            newest = all(later >= earlier for later, earlier in pairwise(instants))
            self.answers.note("lists", "boxes order", "newest first" if newest else "another order")
        known = {str(row.get("key")) for row in rows}
        if any(str(row.get("key")) not in known for row in more):
            self.answers.note("lists", "boxes limit", f"at most {len(rows)}")
            self.answers.leave_open("lists", "boxes count", "one page does not hold all")
        elif pipeline.box_count is not None and len(rows) < MOST_ROWS:
            equal = len(known) == pipeline.box_count
            self.answers.note("lists", "boxes count", "equal" if equal else "it differs")
        return rows

    def _pages(self, first: list[Row], second: list[Row], asked: int) -> None:
        goes_on = not {str(row.get("key")) for row in first} & {str(row.get("key")) for row in second}
        self.answers.note("lists", "boxes page", "goes on" if goes_on and second else "`page` is ignored")
        self.answers.note("lists", "boxes limit", "as asked" if len(first) == asked else "`limit` is ignored")

    # what is on boxes and in their fields

    def _children(self, boxes: Iterable[Row]) -> None:
        """Hold the instants of what is on a box against the box's own."""
        for stream, counters in BOX_COUNTERS.items():
            box = next((box for box in boxes if any(box.get(counter) for counter in counters)), None)
            if box is None:
                continue
            try:
                children = self._asked(f"/v2/boxes/{box['key']}/{stream}").rows
            except (ApiError, ApiUnavailable):
                continue
            latest = max((_saved_at(child) for child in children), default=0)
            if latest:
                moves = latest <= int(box.get("lastSavedTimestamp") or 0)
                self.answers.note("boxes", "children's instants", "moves" if moves else "stays as it was")
                if not moves:
                    return

    def _dates(self, boxes: Iterable[Row], pipeline: Pipeline | None) -> None:
        """Find the hour that most dates have, where it is that of more than half."""
        keys = [field.key for field in pipeline.fields if field.type == "DATE"] if pipeline else []
        given = (str((box.get("fields") or {}).get(key) or "") for box in boxes for key in keys)
        hours = Counter(f"{from_ms(int(value)):%H:%M}" for value in given if value.isdecimal())
        hour, often = next(iter(hours.most_common(1)), ("", 0))
        if often >= LEAST_DATES and often * 2 > hours.total():
            self.answers.note("fields", "DATE hour", hour)
        else:
            self.answers.leave_open("fields", "DATE hour", "too few dates, or of many hours")

    # keys, lists of people, webhooks

    def _unknown_key(self, kind: str, path: str) -> None:
        """Ask for what does not exist."""
        try:
            self._client.get(path + NO_SUCH_KEY)
        except ApiUnavailable as silent:
            self.answers.leave_open(KEYS, f"unknown {kind}", f"no answer ({_status(silent)})")
        except ApiError as refused:
            self.answers.note(KEYS, f"unknown {kind}", self._said(refused))
        else:
            self.answers.note(KEYS, f"unknown {kind}", "200")

    def _said(self, refused: ApiError) -> str:
        if refused.status != 400:
            return str(refused.status)
        if any(phrase in refused.reason for phrase in GONE_PHRASES):
            return "400 in known words"
        words = single_line(max(refused.reason.split(NO_SUCH_KEY), key=len).strip(" :'\""), 100)
        if words:
            self._words.note(WORDS, words)
        return "400 in other words"

    def _party_list(self, stream: str) -> None:
        path = f"/v2/teams/{self._connection.account.team_key}/{stream}"
        self.answers.note("lists", stream, self._there(path, limit=1))

    def _team_webhooks(self) -> None:
        self.answers.note("webhooks", "team", self._there(f"/v2/teams/{self._connection.account.team_key}/webhooks"))

    def _there(self, path: str, **params: Any) -> str:
        try:
            self._client.get(path, params=params or None)
        except ApiError as refused:
            return (
                f"refused ({refused.status})" if refused.status in REFUSED_STATUSES else f"not there ({refused.status})"
            )
        except ApiUnavailable as silent:
            return f"no answer ({_status(silent)})"
        return "there"


def _saved_at(child: Row) -> int:
    return int(child.get("lastSavedTimestamp") or child.get("timestamp") or child.get("creationDate") or 0)


def _status(problem: ApiError | ApiUnavailable) -> str:
    return str(problem.status or "silent")
