"""What all streams of Streak have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from singer_rest import (
    DELETED,
    ApiError,
    NoAccess,
    Progress,
    RestStream,
    Shape,
    fit,
    instant_of,
    iso_text,
    ms_of_text,
    parse_instant,
    shape_of,
    to_ms,
)
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from streak_api.fields import FieldBook
from streak_api.paging import Row

from tap_streak import schemas
from tap_streak.box_lists import CLOCKS_DIFFER_MS, ms_of
from tap_streak.client import StreakSession
from tap_streak.deletions import Gone, KnownKeys, deletions

CHUNK = 100
SLIGHTLY_MS = 60_000
UNLISTED = " (archived, or out of the key's sight): what changes there comes once they are listed again, or by an event"
AHEAD = (
    "%s: the bookmark %s is ahead of Streak's clock: put back to %s; what changed while it was ahead "
    "may have been left out, and comes with --full-refresh"
)
SCHEMAS = SchemaDirectory(schemas)
NAMES = {"contacts": ("contactEmails",), "organizations": ("organizationDomains", "organizationNames")}
"""What a link is named by; a look-up costs a call."""


class StreakStream(RestStream[StreakSession]):
    """A list of the API, its records in the shape of the schema."""

    primary_keys: Sequence[str] = ("key",)
    schema = StreamSchema(SCHEMAS)
    links: dict[str, str] = {}  # noqa: RUF012 - never changed
    """Which property holds the links to another noun."""

    looks_back = True
    """Whether rows may come in late, behind the bookmark."""
    _sure_until: int | None = None
    """Milliseconds that no bookmark may pass; None for no limit."""
    _at: int | None = None
    """Streak's clock when the list was read, in milliseconds."""

    def rows(self, context: Context | None) -> Iterable[Row]:
        """What there is to emit, with companions, before it is brought into shape."""
        raise NotImplementedError

    def rows_by_keys(self, keys: Sequence[str]) -> Iterator[Row]:
        """The rows with these keys, with companions; tombstones for those that are gone."""
        raise NotImplementedError

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """The rows in the shape of the schema."""
        progress = Progress(self.logger, self.name)
        for row in self.rows(context):
            yield self._record(row)
            progress.row()

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Record]]:
        """The records with these keys, one at a time: each goes out before the next is fetched."""
        for row in self.rows_by_keys(ids):
            yield [self._record(row)]

    def _record(self, row: Row) -> Record:
        """A row in the shape of the schema; without a time of change where that is none."""
        record: Record = fit(row, self._shape)
        if self.replication_key in self._shape.instants and DELETED not in record:
            changed = record.get(self.replication_key)
            if instant_of(changed) is None:
                record = {**record}
                if instant := ms_of(changed):
                    record[self.replication_key] = iso_text(instant)
                else:
                    self.odd.without(record, record.get("key"))
        return record

    def fetch_each(self, keys: Sequence[str], fetch: Callable[[str], Row]) -> Iterator[Row]:
        """What `fetch` gives for each key; a tombstone where Streak knows none, nothing where the key has no access."""
        for key in keys:
            try:
                yield fetch(key)
            except NoAccess as error:
                self.logger.warning("%s; left out", error)
            except ApiError as error:
                if not error.unknown:
                    raise
                yield {"key": key, DELETED: iso_text(to_ms(self.api.client.answered_at))}

    def complete(
        self, rows: Sequence[Row], book: FieldBook, companions: Callable[[Row], dict[str, Any]]
    ) -> Iterator[Row]:
        """The rows with their `companions` and field values; who they link to is looked up for a hundred at a time."""
        links, decodes, directory = self.links_to_name(), self.wants("fieldValues"), self.api.directory
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            if links or decodes:
                directory.prepare(chunk, book, links)
            for row in chunk:
                values = book.decode(row.get("fields"), directory.naming) if decodes else None
                yield {**row, "fieldValues": values, **companions(row)}

    def companions_of(self, row: Row) -> dict[str, Any]:  # noqa: ARG002 - for those who need it
        """What else is added to a row."""
        return {}

    @cached_property
    def _shape(self) -> Shape:
        return shape_of(SCHEMAS.get_schema(self.name)).leaving(self.companions)

    def wants(self, *names: str) -> bool:
        """Whether one of these properties is selected."""
        return any(self.mask["properties", name] for name in names)

    def links_to_name(self) -> dict[str, str]:
        """The links whose names are selected."""
        return {noun: name for noun, name in self.links.items() if self.wants(*NAMES[noun])}

    def since(self, context: Context | None) -> int:
        """The bookmark in milliseconds, but never before start_date; -1 for everything."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return -1
        bookmark = self.get_context_state(context).get("replication_key_value")
        lookback = int(self.config["lookback_seconds"]) * 1000 if self.looks_back else 0
        starts = [max(to_ms(parse_instant(bookmark)) - lookback, 0)] if bookmark else []
        if start_date := self.config.get("start_date"):
            starts.append(to_ms(parse_instant(start_date)))
        return max(starts, default=-1)

    def read_until(self, at: int, seen_until: int, context: Context | None) -> bool:
        """Note Streak's clock at a reading, and how far that is sure (milliseconds).

        True when the bookmark was ahead of that clock: it is put back, and the list has to be read again. Nothing
        happens for a list that could not be read (`at` 0).
        """
        if not at:
            return False
        lookback = int(self.config["lookback_seconds"]) * 1000 if self.looks_back else 0
        self._at, self._sure_until = at, min(seen_until, at - lookback) if lookback else seen_until
        state = self.get_context_state(context)
        had = ms_of_text(state.get("replication_key_value"))
        if had is None or had <= at + CLOCKS_DIFFER_MS or self.replication_method != REPLICATION_INCREMENTAL:
            return False
        before, state["replication_key_value"] = state["replication_key_value"], iso_text(self._sure_until)
        self.logger.warning(AHEAD, self.name, before, state["replication_key_value"])
        return True

    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        if self.replication_key and (instant := ms_of_text(latest_record.get(self.replication_key))):
            self.advance(instant, context, latest_record.get("key"))

    def advance(self, instant: int, context: Context | None, key: Any) -> None:
        """Move the bookmark forwards to this instant (milliseconds) of `key`, as far as nothing can be missed."""
        if self._at is not None and instant > self._at + SLIGHTLY_MS:
            self.odd.ahead(key)
        sure = instant if self._sure_until is None else min(instant, self._sure_until)
        state = self.get_context_state(context)
        had = state.get("replication_key_value")
        if self.replication_method != REPLICATION_INCREMENTAL or (had and to_ms(parse_instant(had)) >= sure):
            return
        if text := iso_text(sure):
            state.update(replication_key=self.replication_key, replication_key_value=text)
            self.state_manager.is_flushed = False

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: the streams know themselves how far a bookmark may go."""

    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: `since` reads the bookmark, and a line of log for each pipeline of each stream helps nobody."""

    def deletions(
        self, existing: dict[str, str], confirm: Callable[[list[tuple[str, str]]], Collection[str]]
    ) -> Iterator[Gone]:
        """What is gone since an earlier run; see `deletions.deletions`."""
        team = self.api.account.team
        scope = f"{self.config['api_url']} {team['key'] if team else ''}"
        known = KnownKeys(self.config["known_keys_file"], scope, self.name)

        def confirmed(missing: list[tuple[str, str]]) -> Collection[str]:
            gone = confirm(missing)
            if kept := len(missing) - len(gone):
                self.logger.warning(
                    "%s: %s are not listed any more, but still there%s", self.name, f"{kept:,}", UNLISTED
                )
            return gone

        return deletions(known, existing, self.stream_state, confirmed, self.api.client.answered_at)
