"""Which events a mapping needs."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from sync_console.webhooks.vendors import CLARITY, STREAK_PIPELINES, STREAK_TEAM, events_of, streams_read

SHIPPED = Path(__file__).parents[3] / "transform/mappings/clarity-streak.yml"


def test_events_come_in_the_order_of_the_table() -> None:
    assert events_of(CLARITY, {"payments", "customers", "products"}) == [
        "customer.created",
        "customer.updated",
        "payment.captured",
        "payment.refunded",
    ]
    assert events_of(STREAK_TEAM, set()) == []


def test_the_shipped_mapping_reads_streams_of_both() -> None:
    streams = streams_read(SHIPPED)
    assert events_of(CLARITY, streams["clarity"])
    assert "BOX_CHANGE_STAGE" in events_of(STREAK_PIPELINES, streams["streak"])


@pytest.mark.parametrize("text", [None, "version: 1\nflows: 7\n"])
def test_a_mapping_that_cant_be_read_is_said(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "mapping.yml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(click.ClickException, match="the mapping can't be read"):
        streams_read(path)
