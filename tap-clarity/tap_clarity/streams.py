"""The shop's streams: what each is, and how all are read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any

from singer_rest import (
    DELETED,
    Progress,
    RestStream,
    RestTap,
    Shape,
    bookmark_text,
    fit,
    parse_instant,
    shape_of,
    utc_text,
)
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_clarity import schemas
from tap_clarity.client import ClarityClient, Page, Row
from tap_clarity.embedding import Embedding

CLOCKS_DIFFER = timedelta(hours=1)
REACHED = "reached"
SCHEMAS = SchemaDirectory(schemas)


class ClarityStream(RestStream[ClarityClient]):
    """One list of the API, read from the oldest change to the newest."""

    key: str
    schema = StreamSchema(SCHEMAS)
    replication_key = "updatedAt"
    companions = frozenset({DELETED})

    def __init__(self, tap: RestTap[ClarityClient]) -> None:
        super().__init__(tap)
        self.primary_keys = (self.key,)
        self._asked: Iterator[Page] | None = None

    def ask(self) -> None:
        """Ask for the first page now; the reading goes on from there."""
        pages = self._pages(None)
        first = next(pages, None)
        self._asked = chain([first] if first else [], pages)

    def probe(self) -> None:
        """Ask the shop for next to nothing: whether it is one, and accepts the credentials."""
        self.api.get(f"/{self.name}", {"limit": 1})

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The rows since the bookmark, each complete."""
        progress = Progress(self.logger, self.name)
        for page in self._asked or self._pages(context):
            progress.page(page.total)
            for row in self._complete(page.rows):
                yield row
                progress.row()

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Record]]:
        """The records with these ids as any run gives them; for those that are gone, when that was noticed."""
        rows = self.api.named(f"/{self.name}", ids)
        existing = {row[self.key] for row in rows}
        now = bookmark_text(datetime.now(UTC))
        gone = [{self.key: key, "updatedAt": now, DELETED: now} for key in ids if key not in existing]
        yield [self.post_process(row) for row in (*self._complete(rows), *gone)]

    @cached_property
    def _shape(self) -> Shape:
        return shape_of(SCHEMAS.get_schema(self.name)).without(self.companions)

    def _pages(self, context: Context | None) -> Iterator[Page]:
        (since, after), limit = self._position(context), self.config["page_size"]
        return self.api.pages(f"/{self.name}", self.key, since=since, after=after, limit=limit)

    def _complete(self, rows: list[Row]) -> list[Row]:
        return self.with_companions([fit(row, self._shape) for row in rows])

    def with_companions(self, rows: list[Row]) -> list[Row]:
        """A page of rows with what the API does not send."""
        return rows

    def post_process(self, row: Record, context: Context | None = None) -> Record:  # noqa: ARG002 - the SDK's signature
        """The row with its replication key in UTC."""
        row["updatedAt"] = utc_text(row["updatedAt"])
        return row

    def _position(self, context: Context | None) -> tuple[datetime | None, str | None]:
        """Behind the row where a run broke off, else lookback_seconds before the bookmark; not before start_date."""
        if self.replication_method != REPLICATION_INCREMENTAL:
            return None, None
        state, after = self.get_context_state(context), None
        since = parse_instant(self.config["start_date"]) if self.config.get("start_date") else None
        if bookmark := state.get("replication_key_value"):
            before, after = parse_instant(bookmark), _reached(state, self.key)
            before -= timedelta(seconds=0 if after else self.config["lookback_seconds"])
            since, after = (since, None) if since and since > before else (before, after)
        return since, after

    @cached_property
    def _settled(self) -> datetime:
        """The instant before which the shop commits nothing any more, whatever its clock says."""
        return datetime.now(UTC) - timedelta(seconds=self.config["lookback_seconds"]) - CLOCKS_DIFFER

    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        # rows of the look-back are older than the bookmark, which only moves forwards
        state = self.get_context_state(context)
        bookmark, instant = state.get("replication_key_value"), parse_instant(latest_record["updatedAt"])
        if bookmark and instant < parse_instant(bookmark):
            return
        if not bookmark or instant > parse_instant(bookmark):
            super()._increment_stream_state({"updatedAt": bookmark_text(instant)}, context=context)
        if instant < self._settled:
            state[REACHED] = {"updatedAt": bookmark_text(instant), self.key: latest_record[self.key]}
        else:
            state.pop(REACHED, None)

    def _finalize_state(self, state: dict[str, Any] | None = None) -> None:
        # a run that came to its end did not break off anywhere
        self.stream_state.pop(REACHED, None)
        super()._finalize_state(state)


class EmbeddingStream(ClarityStream):
    """A stream whose rows get the record that they name."""

    embeds: str

    @cached_property
    @abstractmethod
    def _embedding(self) -> Embedding | None:
        """Where those records come from; None where they are not wanted."""

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[Record]]:
        """The records, with the others as they are now."""
        if self._embedding:
            self._embedding.forget()
        return super().by_ids(ids)

    def with_companions(self, rows: list[Row]) -> list[Row]:
        """The rows with what they name."""
        return self._embedding.put_into(rows, self.embeds) if self._embedding else rows


class Orders(EmbeddingStream):
    """Orders, with their customers."""

    name = "orders"
    key = "orderId"
    embeds = "customer"
    companions = ClarityStream.companions | {embeds}

    @cached_property
    def _embedding(self) -> Embedding | None:
        wanted = self.config["embed_customer"] and self.mask["properties", self.embeds]
        schema = SCHEMAS.get_schema("customers")
        return Embedding(self.api, "customers", "customerId", schema) if wanted else None


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
    embeds = "order"
    companions = ClarityStream.companions | {embeds}

    @cached_property
    def _embedding(self) -> Embedding | None:
        schema = SCHEMAS.get_schema(self.name)["properties"][self.embeds]
        wanted = self.mask["properties", self.embeds]
        return Embedding(self.api, "orders", "orderId", schema) if wanted else None


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
