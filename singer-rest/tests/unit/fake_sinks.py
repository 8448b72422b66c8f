"""A sink and a client without an API, and a ledger in memory: enough for every module of `sync`."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_rest.errors import ApiError
from singer_rest.ledger import Ledger
from singer_rest.sync.record import Reference
from singer_rest.sync.run_context import RunContext
from singer_rest.sync.sink import RestSink

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from singer_rest.http.client import RestClient
    from singer_rest.ledger import Intent
    from singer_rest.sync.record import Record

SHOP_SIDE: dict[str, Any] = {"source": "shop", "destination": "crm"}
CRM_SIDE: dict[str, Any] = {"source": "crm", "destination": "shop"}


class Things(RestSink):
    """Keeps its records in a dictionary, as an API would; `calls` says what was asked of it."""

    stream = "things"
    record_schema: ClassVar = {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    references: ClassVar[tuple[Reference, ...]] = (
        Reference("friendEmails", "things", "email", "friends"),
        Reference("friendIds", "things", None, "friends"),
    )
    added_to = frozenset({"emails"})
    version_field = "version"
    container_field = "container"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.stored: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.refusals: list[Exception] = []

    def store(self, key: str, **values: Any) -> dict[str, Any]:
        self.stored[key] = {"key": key, "version": 1, **values}
        return self.stored[key]

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        self._call("create", body)
        return dict(self.store(f"k-{record.external_id}", **body))

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:  # noqa: ARG002
        self.calls.append(("look_up", record.external_id))
        return next((dict(one) for one in self.stored.values() if one.get("id") == record.external_id), None)

    def read(self, key: str) -> dict[str, Any]:
        self._call("read", key)
        if key not in self.stored:
            raise ApiError(404, "no such thing", "GET", f"/things/{key}")
        return dict(self.stored[key])

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        self._call("update", body)
        if key not in self.stored:
            raise ApiError(404, "no such thing", "POST", f"/things/{key}")
        self.stored[key] |= body
        self.stored[key]["version"] += 1
        return dict(self.stored[key])

    def make_bare(self, natural: str, value: str) -> dict[str, Any]:
        self._call("make_bare", (natural, value))
        return dict(self.store(f"bare-{value}"))

    @property
    def asked(self) -> list[str]:
        """What was asked, without its values."""
        return [name for name, _ in self.calls]

    def _call(self, name: str, about: Any) -> None:
        self.calls.append((name, about))
        if self.refusals:
            raise self.refusals.pop(0)


class Notes(Things):
    """Records that happen once to a thing."""

    stream = "notes"
    effect = True
    references: ClassVar[tuple[Reference, ...]] = (Reference("thingId", "things"),)


def ledger_pair(folder: Path) -> tuple[Ledger, Ledger]:
    """Both directions in one ledger."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    return Ledger.open(url, **SHOP_SIDE), Ledger.open(url, **CRM_SIDE)


def context(ledger: Ledger | None = None, **changed: Any) -> RunContext:
    """A run with an empty ledger and no client; `things` and `notes` know each other."""
    sinks: dict[str, RestSink] = {}
    made = RunContext(
        client=cast("RestClient", None),
        ledger=ledger or Ledger.in_memory(**SHOP_SIDE),
        logger=logging.getLogger("unit"),
        sink_for=sinks.__getitem__,
        probe=lambda: None,
        effects_since=datetime(2020, 1, 1, tzinfo=UTC),
        settle_seconds=0.0,
    )
    made = replace(made, **changed)
    for sink_class in (Things, Notes):
        sinks[sink_class.stream] = sink_class(made, {"properties": {}})
    return made


def things(*, ledger: Ledger | None = None, sink_class: type[Things] = Things, **properties: Any) -> Things:
    """A sink whose SCHEMA says of each property what `x-sync` it has."""
    schema = {"properties": {name: {"x-sync": rule} if rule else {} for name, rule in properties.items()}}
    run = context(ledger)
    sink = sink_class(run, schema)
    cast("Any", run.sink_for).__self__[sink.stream] = sink
    return sink


def record(
    sink: RestSink, external_id: str = "1", *, updated_at: str | None = "2026-03-02T12:00:00Z", **values: Any
) -> Record:
    """A record of the source `orders`; `said` is what the source says of shared properties."""
    about = {"_flow": values.pop("flow", "f"), "_said": values.pop("said", {}), "_change": values.pop("change", None)}
    source = {"stream": "orders", "key": external_id, "updatedAt": updated_at, "date": values.pop("date", None)}
    source["version"] = values.pop("version", None)
    return sink.records.read({"externalId": external_id, "_source": source, **about, **values})


def results(outcomes: Iterable[Any]) -> list[str]:
    return [outcome.result for outcome in outcomes]
