"""The shop's streams: what each is, and how all are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any

from clarity_api.profile import StreamProfile
from clarity_api.reading import Reader
from clarity_api.site import Page, Row
from singer_rest import (
    DELETED,
    Progress,
    RestStream,
    RestTap,
    Shape,
    bookmark_text,
    earlier,
    fit,
    instant_of,
    parse_instant,
    shape_of,
    utc_text,
)
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_clarity import schemas

CACHED = 10_000
CLOCKS_DIFFER = timedelta(hours=1)
SLIGHTLY = timedelta(seconds=60)
REACHED = "reached"
AHEAD = (
    "%s: the bookmark %s is ahead of the shop's clock: reading from %s on; what changed while it was ahead "
    "may have been left out, and comes with --full-refresh"
)
SCHEMAS = SchemaDirectory(schemas)


class ClarityStream(RestStream[Reader]):
    """One list of the API, read from the oldest change to the newest."""

    key: str
    schema = StreamSchema(SCHEMAS)
    replication_key = "updatedAt"
    companions = frozenset({DELETED})

    def __init__(self, tap: RestTap[Reader]) -> None:
        super().__init__(tap)
        self.primary_keys = (self.key,)
        self._asked: Iterator[Page] | None = None
        self._clock: datetime | None = None
        self._latest: datetime | None = None

    def ask(self) -> None:
        """Ask for the first page now; the reading goes on from there."""
        pages = self._pages(None)
        first = next(pages, None)
        self._asked = chain([first] if first else [], pages)

    def probe(self) -> None:
        """Ask the shop for next to nothing: whether it is one, and accepts the credentials."""
        size = self.profile.paging.parameters.get("size")
        self.api.site.page(self.profile, {size: 1} if size else {})

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The rows since the bookmark, each complete."""
        progress = Progress(self.logger, self.name)
        if what := self._read_in_full:
            self.logger.info("%s", what)
        for page in self._asked or self._pages(context):
            progress.page(page.total)
            for row in self._complete(page.rows):
                yield row
                progress.row()

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Record]]:
        """The records with these ids as any run gives them; for those that are gone, when that was noticed."""
        rows = self.api.named(self.name, [*ids])
        existing = {row[self.key] for row in rows}
        now = bookmark_text(self.api.answered_at)
        gone = [{self.key: key, "updatedAt": now, DELETED: now} for key in ids if key not in existing]
        yield [self.post_process(row) for row in (*self._complete(rows), *gone)]

    @cached_property
    def profile(self) -> StreamProfile:
        """How the shop's site profile says that this list is read."""
        return self.api.site.stream(self.name)

    @property
    def _read_in_full(self) -> str:
        """What to say of a list that can't be taken up where its bookmark is; nothing of one that can."""
        if self.profile.resumes or self.replication_method != REPLICATION_INCREMENTAL:
            return ""
        if self.profile.since:
            what = "does not come in the order of changes: a run that breaks off begins again"
        else:
            what = "can't be asked for what changed since: it is read in full by every run"
        unsure = ""
        if self.profile.order == "none":
            unsure = "; it has no order, so what moves while it is read may only come with the next run"
        return f"{self.name} {what}{unsure} ({self.profile.place('since' if not self.profile.since else 'order')})"

    @cached_property
    def _shape(self) -> Shape:
        shape = shape_of(SCHEMAS.get_schema(self.name)).without(self.companions)
        return shape.leaving(frozenset({"updatedAt"}))  # a number is no time of change that pages go by

    def _pages(self, context: Context | None) -> Iterator[Page]:
        """The pages from the position on; from the shop's clock on where the bookmark was ahead of it."""
        pages = self._pages_from(*self._position(context))
        first = next(pages, None)
        self._clock = self.api.answered_at
        if self._was_ahead(context):
            yield from self._pages_from(*self._position(context))
        elif first is not None:
            yield first
            yield from pages

    def _pages_from(self, since: datetime | None, after: str | None) -> Iterator[Page]:
        return self.api.pages(self.name, since=since, after=after, limit=self.config["page_size"])

    def _was_ahead(self, context: Context | None) -> bool:
        """Whether the bookmark was ahead of the shop's clock: then it is put back behind it."""
        state = self.get_context_state(context)
        bookmark = state.get("replication_key_value")
        if self.replication_method != REPLICATION_INCREMENTAL or not bookmark or parse_instant(bookmark) <= self._now:
            return False
        state["replication_key_value"] = bookmark_text(self._sure_until)
        state.pop(REACHED, None)
        self.logger.warning(AHEAD, self.name, bookmark, state["replication_key_value"])
        return True

    def _complete(self, rows: list[Row]) -> list[Row]:
        """A page of rows in the shape of the schema, with what the API does not send."""
        return [fit(row, self._shape) for row in rows]

    def post_process(self, row: Record, context: Context | None = None) -> Record:  # noqa: ARG002 - the SDK's signature
        """The row with its replication key in UTC, or without one that is no instant."""
        if instant_of(row.get("updatedAt")) is None:
            row = {**row}
            self.odd.without(row, row.get(self.key))
        else:
            row["updatedAt"] = utc_text(row["updatedAt"])
        return row

    def _position(self, context: Context | None) -> tuple[datetime | None, str | None]:
        """Behind the row where a run broke off, else lookback_seconds before the bookmark; not before start_date."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return None, None
        state, after = self.get_context_state(context), None
        since = parse_instant(self.config["start_date"]) if self.config.get("start_date") else None
        if bookmark := state.get("replication_key_value"):
            after = _reached(state, self.key)
            before = earlier(parse_instant(bookmark), 0 if after else self.config["lookback_seconds"])
            since, after = (since, None) if since and since > before else (before, after)
        return since, after

    @property
    def _now(self) -> datetime:
        """The shop's clock when the stream's first page came."""
        return self._clock or self.api.answered_at

    @cached_property
    def _sure_until(self) -> datetime:
        """The instant that no bookmark may pass."""
        return earlier(self._now, self.config["lookback_seconds"])

    @cached_property
    def _settled(self) -> datetime:
        """The instant before which the shop commits nothing any more."""
        return self._sure_until - CLOCKS_DIFFER

    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        # rows of the look-back are older than the bookmark, which only moves forwards
        if (instant := instant_of(latest_record["updatedAt"])) is None:
            return
        if instant > self._sure_until:
            if instant > self._now + SLIGHTLY:
                self.odd.ahead(latest_record[self.key])
            instant = self._sure_until
        if not self.profile.resumes:
            self._latest = max(self._latest or instant, instant)
            return
        state = self.get_context_state(context)
        bookmark = state.get("replication_key_value")
        if bookmark and instant < parse_instant(bookmark):
            return
        if not bookmark or instant > parse_instant(bookmark):
            super()._increment_stream_state({"updatedAt": bookmark_text(instant)}, context=context)
        if instant < self._settled:
            state[REACHED] = {"updatedAt": bookmark_text(instant), self.key: latest_record[self.key]}
        else:
            state.pop(REACHED, None)

    def _finalize_state(self, state: dict[str, Any] | None = None) -> None:
        if self._latest:
            # it is not after the reading began: what changed since may be behind what was read by then
            self._move_bookmark(self._latest)
        # a run that came to its end did not break off anywhere
        self.stream_state.pop(REACHED, None)
        super()._finalize_state(state)

    def _move_bookmark(self, instant: datetime) -> None:
        """Move the bookmark to an instant, never back."""
        bookmark = self.stream_state.get("replication_key_value")
        if not bookmark or instant > parse_instant(bookmark):
            super()._increment_stream_state({"updatedAt": bookmark_text(instant)}, context=None)


class Embedding:
    """Puts what a record names by its id into it: looked up for a page at a time, and kept for the run."""

    def __init__(self, reader: Reader, plural: str, key: str, schema: dict[str, Any]) -> None:
        self._reader = reader
        self._plural, self._key = plural, key
        self._properties: dict[str, Any] = schema["properties"]
        self._shape = shape_of(schema)
        self._cache: dict[str, Row | None] = {}

    def forget(self) -> None:
        """Look all of them up anew."""
        self._cache.clear()

    def put_into(self, rows: Sequence[Row], name: str) -> list[Row]:
        """The rows with the record that they name, or null where they name none or it is gone."""
        self._fetch({row[self._key] for row in rows if row.get(self._key)})
        return [{**row, name: self._cache[key] if (key := row.get(self._key)) else None} for row in rows]

    def _fetch(self, ids: set[str]) -> None:
        if len(self._cache) > CACHED:
            self._cache.clear()
        unknown = sorted(ids - self._cache.keys())
        self._cache.update(dict.fromkeys(unknown))
        for row in self._reader.site.by_ids(self._plural, unknown):
            fitted = fit(row, self._shape)
            self._cache[row[self._key]] = {name: fitted[name] for name in fitted if name in self._properties}


class EmbeddingStream(ClarityStream):
    """A stream whose rows get the record that they name."""

    embeds: str
    list_of_embedded: str
    key_of_embedded: str
    switch: str | None = None
    """The setting that turns embedding off, where there is one."""

    @cached_property
    def _embedding(self) -> Embedding | None:
        """Where those records come from; None where they are not wanted."""
        if not self.mask["properties", self.embeds] or (self.switch and not self.config[self.switch]):
            return None
        others = self.api.site.profile.streams.get(self.list_of_embedded)
        if others is None or not others.fetches:
            where = others.place() if others else self.api.site.profile.place("streams")
            self.logger.warning(
                "%s.%s stays empty: %s can't be read by their ids (%s)",
                self.name,
                self.embeds,
                self.list_of_embedded,
                where,
            )
            return None
        schema = SCHEMAS.get_schema(self.name)["properties"][self.embeds]
        return Embedding(self.api, self.list_of_embedded, self.key_of_embedded, schema)

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Record]]:
        """The records, with the others as they are now."""
        if self._embedding:
            self._embedding.forget()
        return super().by_ids(ids)

    def _complete(self, rows: list[Row]) -> list[Row]:
        rows = super()._complete(rows)
        return self._embedding.put_into(rows, self.embeds) if self._embedding else rows


class Orders(EmbeddingStream):
    """Orders, with their customers."""

    name = "orders"
    key = "orderId"
    embeds, list_of_embedded, key_of_embedded = "customer", "customers", "customerId"
    switch = "embed_customer"
    companions = ClarityStream.companions | {embeds}


class Customers(ClarityStream):
    """Customers."""

    name = "customers"
    key = "customerId"


class Products(ClarityStream):
    """Products."""

    name = "products"
    key = "productId"


class Payments(EmbeddingStream):
    """Payments and refunds, with what their orders are."""

    name = "payments"
    key = "paymentId"
    embeds, list_of_embedded, key_of_embedded = "order", "orders", "orderId"
    companions = ClarityStream.companions | {embeds}


class Invoices(ClarityStream):
    """Invoices."""

    name = "invoices"
    key = "invoiceId"


STREAMS = (Customers, Products, Orders, Payments, Invoices)


def _reached(state: Mapping[str, Any], key: str) -> str | None:
    """The id of the row at the bookmark behind which nothing was read yet."""
    reached = state.get(REACHED)
    if not isinstance(reached, dict) or reached.get("updatedAt") != state["replication_key_value"]:
        return None
    return reached.get(key)
