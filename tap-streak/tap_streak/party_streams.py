"""Contacts and organizations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from singer_rest import DELETED, ApiError, to_ms
from singer_sdk.helpers.types import Context
from streak_api.paging import Page, Row, cursor_pages

from tap_streak.box_lists import ms_of, sure_until
from tap_streak.stream import StreakStream

SAVED = "lastSavedTimestamp"


class PartyStream(StreakStream):
    """A list of the team; where Streak has none, the records that boxes link to."""

    replication_key = SAVED
    takes_after = False

    def rows(self, context: Context | None) -> Iterator[Row]:
        """What changed since the bookmark, oldest change first; then what is gone."""
        existing: dict[str, str] = {}
        changed: list[Row] = []
        since = self.since(context)
        for number, page in enumerate(self._pages(since)):
            # the list is ordered by key: what changed since the first page may be behind us
            if number == 0 and self.read_until(at := to_ms(page.at), sure_until(at, self._saved(page)), context):
                yield from self.rows(context)
                return
            self._parties.remember(page.rows)
            existing.update((row["key"], str(row.get("teamKey") or "")) for row in page.rows)
            changed += [row for row in page.rows if not (saved := ms_of(row.get(SAVED))) or saved >= since]
        changed.sort(key=lambda row: (ms_of(row.get(SAVED)), row["key"]))
        yield from self._complete({row["key"]: row for row in changed}.values())
        if self.config["detect_deletes"]:
            yield from self._gone(existing)

    def rows_by_keys(self, keys: Sequence[str]) -> Iterator[Row]:
        """The records with these keys; where a batch leaves one out, Streak is asked whether it is gone."""
        existing = {row["key"]: row for rows in self._parties.rows(keys) for row in rows}
        missing = [key for key in keys if key not in existing]
        fetched = list(self.fetch_each(missing, lambda key: self.api.client.get(f"/v2/{self.name}/{key}")))
        existing.update((row["key"], row) for row in fetched if DELETED not in row)
        self._parties.remember(existing.values())
        self.api.directory.learn_team(self.name, existing.values())
        yield from self._complete(existing.values())
        yield from (row for row in fetched if DELETED in row)

    def _complete(self, rows: Iterable[Row]) -> Iterator[Row]:
        return self.complete(list(rows), self.api.directory.fields_of_team(self.name), self.companions_of)

    def _saved(self, page: Page) -> Iterator[int]:
        return (ms_of(row.get(SAVED)) for row in page.rows)

    @property
    def _parties(self) -> Any:
        return self.api.directory.parties[self.name]

    def _pages(self, since: int) -> Iterator[Page]:
        team = self.api.account.team
        whole = since < 0 or self.config["detect_deletes"] or not self.takes_after
        after = {} if whole else {"after": since // 1000}
        if team:
            try:
                yield from cursor_pages(
                    self.api.client, f"/v2/teams/{team['key']}/{self.name}", self.config["page_size"], **after
                )
            except ApiError as error:
                if not error.unknown:
                    raise
                self.logger.warning("%s; reading the %s that boxes link to instead", error, self.name)
            else:
                return
        yield from self._of_boxes()

    def _of_boxes(self) -> Iterator[Page]:
        keys: set[str] = set()
        began = self.api.client.answered_at
        for pipeline in self.api.account.pipelines:
            for glance in self.api.boxes.all(pipeline).glances.values():
                keys.update(getattr(glance, self.name))
        yield Page([], began)
        for rows in self._parties.rows(sorted(keys)):
            yield Page(rows, began)

    def _gone(self, existing: dict[str, str]) -> Iterator[Row]:
        def confirm(missing: list[tuple[str, str]]) -> set[str]:
            keys = {key for key, _ in missing}
            return keys - {row["key"] for rows in self._parties.rows(sorted(keys)) for row in rows}

        for gone in self.deletions(existing, confirm):
            yield {"key": gone.key, DELETED: gone.deleted_at}


class Contacts(PartyStream):
    """People."""

    name = "contacts"
    takes_after = True
    companions = frozenset(
        {"fieldValues", "organizationDomains", "organizationNames", "organizationExternalIds", DELETED}
    )
    links = {"organizations": "orgLinks"}  # noqa: RUF012 - never changed

    def companions_of(self, row: Row) -> dict[str, Any]:
        """The organizations of the person."""
        return self.api.directory.companies(row.get("orgLinks"))


class Organizations(PartyStream):
    """Companies."""

    name = "organizations"
    companions = frozenset({"fieldValues", DELETED})
