"""Ledgers to write to and to look into."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Content, Ledger, canonical, content_hash
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable

    Open = Callable[..., Ledger]

FIELDS = {"Total": Decimal("208.380"), "When": datetime(2024, 5, 1, tzinfo=UTC)}
VALUES = {"name": "Order 1 – Zoë", "fieldValues": FIELDS}


def content(values: dict[str, Any] = VALUES, updated_at: str = "2024-05-01T10:00:00Z", version: int = 1) -> Content:
    return Content(content_hash(values), canonical(values), updated_at, version)


def write(ledger: Ledger, external_id: str, vendor_key: str | None = "b1", **changed: Any) -> None:
    given: dict[str, Any] = {"flow": "order-box", "content": content(), "result": "created"} | changed
    ledger.links.written("boxes", external_id, vendor_key=vendor_key, **given)


def aside(ledger: Ledger, external_id: str = "1", **changed: Any) -> int:
    letter: dict[str, Any] = {
        "stream": "boxes",
        "external_id": external_id,
        "flow": "order-box",
        "kind": "rejected",
        "reason": "Insufficient params",
        "code": "400",
        "record": {"externalId": external_id, "total": Decimal("1.10")},
        "source": {"updatedAt": "2024-05-01T10:00:00Z"},
    }
    return ledger.dead_letters.keep(**letter | changed)


def rows(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    with ledger._database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def complaint(url: str, **more: Any) -> str:
    """Open a ledger that can't be used, and return the line that says so."""
    with pytest.raises(FatalRunError) as caught:
        Ledger.open(url, source="shop", destination="crm", **more)
    line = str(caught.value)
    assert "ledger_url" in line
    assert "\n" not in line
    return line
