"""What happened to each record: one row per result that is not `unchanged`, kept for 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from singer_rest.errors import single_line
from singer_rest.ledger.clock import now_ms
from singer_rest.ledger.schema import record_log
from singer_rest.ledger.statements import prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from singer_rest.ledger.store import Store

UNCHANGED = "unchanged"
WRITES = ("created", "updated")
UNPARKED = "unparked"

_LOG = prepared(record_log.insert().inline(), "scope run at stream external_id flow vendor_key result detail")


class RecordLog:
    """The log of one scope; the rows of this process belong to its run."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, stream: str, external_id: str, flow: str, result: str, detail: str = "") -> None:
        """Log a result that wrote nothing (stale, rejected …). Does not wait for the commit."""
        at, run = self._store.at(stream, external_id), self._store.run
        self._store.submit(lambda c: log(c, at, run, result, flow=flow, detail=detail))

    def writes_within(self, stream: str, external_id: str, seconds: float) -> int:
        """How often a record was created or updated in the last `seconds`, and since a person unparked it."""
        at, since = self._store.at(stream, external_id), now_ms() - int(seconds * 1000)
        return self._store.read(lambda c: _writes_since(c, at, since))


def log(  # noqa: PLR0913 - the columns of a row, by name
    connection: Connection,
    at: Mapping[str, Any],
    run: int | None,
    result: str,
    *,
    flow: str = "",
    vendor_key: str | None = None,
    detail: str = "",
) -> None:
    """Add a row, unless nothing happened."""
    if result != UNCHANGED:
        row = {**at, "flow": flow, "vendor_key": vendor_key, "result": result, "detail": single_line(detail)}
        _LOG(connection, row | {"run": run, "at": now_ms()})


def _writes_since(connection: Connection, at: Mapping[str, Any], since: int) -> int:
    mine = [record_log.c[name] == at[name] for name in ("scope", "stream", "external_id")]
    unparked = select(func.max(record_log.c.at)).where(*mine, record_log.c.result == UNPARKED).scalar_subquery()
    counted = connection.execute(
        select(func.count())
        .select_from(record_log)
        .where(*mine, record_log.c.result.in_(WRITES))
        .where(record_log.c.at >= since, record_log.c.at > func.coalesce(unparked, 0))
    )
    return int(counted.scalar_one())


def forget(connection: Connection, before: int) -> None:
    """Remove the rows before `before` (ms)."""
    connection.execute(delete(record_log).where(record_log.c.at < before))
