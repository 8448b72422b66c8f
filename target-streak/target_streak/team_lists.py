"""What a team has, as lists that are complete, the oldest first: boxes, what is on them, contacts, organizations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from threading import Lock
from time import monotonic

from singer_rest import ApiError, RestClient
from streak_api.paging import ROWS_A_PAGE, Row, cursor_pages, pages, rows_of, whole_list
from streak_api.pipelines import read_pipeline

from target_streak.catalog import Catalog

PARTIES_A_PAGE = 1000
LATEST_PAGES = 5
FRESH_SECONDS = 60.0
KEYS_AT_ONCE = 100
BY_CREATION = "creationTimestamp"


class TeamLists:
    """Reads the lists of one team. IncompleteList where one can't be proven complete.

    Contacts and organizations are kept for the run, and found by natural key: e-mail, domain or name.
    """

    def __init__(self, client: RestClient, catalog: Catalog) -> None:
        self._client, self._catalog = client, catalog
        self._lock = Lock()
        self._by_natural_key: dict[str, dict[str, Row]] = {}
        self._read_at: dict[str, float] = {}

    def boxes(self, pipeline_key: str) -> list[Row]:
        """All boxes of a pipeline."""
        pipeline = self._catalog.containers.get(pipeline_key)

        def count() -> int | None:
            now = read_pipeline(self._client, pipeline_key)
            return now.box_count if now else None

        rows = whole_list(
            lambda limit: pages(self._client, _boxes_path(pipeline_key), limit, sortBy=BY_CREATION),
            f"the list of boxes of pipeline {pipeline.name if pipeline else pipeline_key!r}",
            count,
            earlier_count=(pipeline.box_count or 0) if pipeline else 0,
        )
        return oldest_first(reversed(rows))

    def latest_boxes(self, pipeline_key: str) -> list[Row]:
        """Boxes of a pipeline, the 500 newest at least."""
        newest = rows_of(
            pages(self._client, _boxes_path(pipeline_key), ROWS_A_PAGE, at_most=LATEST_PAGES, sortBy=BY_CREATION)
        )
        if all(made_at(row) >= made_at(older) for row, older in pairwise(newest)):
            return oldest_first(reversed(newest))
        return self.boxes(pipeline_key)  # they came in another order, so the first pages prove nothing

    def effects(self, stream: str, box_key: str) -> list[Row]:
        """The tasks, comments or meetings of a box, in Streak's order; of comments there are no pages."""
        path = f"/v2/boxes/{box_key}/{stream}"
        return whole_list(
            lambda limit: pages(self._client, path, None if stream == "comments" else limit),
            f"the list of {stream} of box {box_key}",
        )

    def parties(self, stream: str) -> list[Row]:
        """All contacts or organizations, as Streak has them now."""
        path = f"/v2/teams/{self._catalog.account.team_key}/{stream}"
        try:
            return oldest_first(rows_of(cursor_pages(self._client, path, PARTIES_A_PAGE)))
        except ApiError as refused:
            if not refused.unknown:
                raise
        self._catalog.once.warning(f"Streak has no list of {stream}: those that boxes are linked to are known")
        return oldest_first(self._linked(stream))

    def _linked(self, stream: str) -> Iterator[Row]:
        """The contacts or organizations that the boxes of all pipelines are linked to."""
        boxes = (box for pipeline in self._catalog.pipelines for box in self.boxes(pipeline.key))
        links = (link for box in boxes for link in box.get(stream) or [])
        keys = list(dict.fromkeys(str(link.get("key") if isinstance(link, dict) else link) for link in links))
        for first in range(0, len(keys), KEYS_AT_ONCE):
            asked = keys[first : first + KEYS_AT_ONCE]
            given = self._client.post(f"/v2/{stream}/batch/get", json=asked)
            yield from given.values() if isinstance(given, dict) else given

    def find(self, stream: str, natural: str, *, again: bool = False, fresh: bool = False) -> Row | None:
        """The oldest contact or organization with a natural key (`domain:acme.com`).

        `again` reads the list anew, `fresh` where it was read more than a minute ago.
        """
        with self._lock:
            aged = fresh and monotonic() - self._read_at.get(stream, 0.0) > FRESH_SECONDS
            if again or aged or stream not in self._by_natural_key:
                self._read_at[stream] = monotonic()
                known: dict[str, Row] = {}
                for party in self.parties(stream):
                    for key in natural_keys(stream, party):
                        known.setdefault(key, party)
                self._by_natural_key[stream] = known
            return self._by_natural_key[stream].get(natural)


def _boxes_path(pipeline_key: str) -> str:
    return f"/v1/pipelines/{pipeline_key}/boxes"


def made_at(row: Row) -> int:
    """When Streak made something, in milliseconds; 0 where it does not say."""
    return int(row.get("creationTimestamp") or row.get("creationDate") or row.get("timestamp") or 0)


def oldest_first(rows: Iterable[Row]) -> list[Row]:
    """The rows by the time when they were made; those of one time as they came."""
    return sorted(rows, key=made_at)


def name_of(contact: Row) -> str:
    """The name that a contact without an e-mail address is known by, in small letters."""
    return " ".join(_full_name(contact).split()).casefold()


def natural_keys(stream: str, party: Row) -> list[str]:
    """Everything that a contact or organization of the API can be found by."""
    if stream == "contacts":
        name = _full_name(party)
        keys = [f"email:{email}" for email in party.get("emailAddresses") or []]
    else:
        name = party.get("name") or ""
        keys = [f"domain:{domain}" for domain in party.get("normalizedDomains") or party.get("domains") or []]
    return [key.strip().casefold() for key in (*keys, *([f"name:{name.strip()}"] if name.strip() else []))]


def _full_name(contact: Row) -> str:
    return " ".join(filter(None, (contact.get("givenName"), contact.get("familyName"))))
