"""The events that a mapping needs: those of the streams that its flows read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from mapper_crosswalk.check.mapping import load_mapping
from mapper_crosswalk.syntax.findings import MappingError

CLARITY = {
    "orders": ("order.created", "order.status_changed", "order.updated"),
    "customers": ("customer.created", "customer.updated"),
    "payments": ("payment.captured", "payment.refunded"),
}
STREAK_PIPELINES = {
    "boxes": ("BOX_CREATE", "BOX_EDIT", "BOX_CHANGE_STAGE", "BOX_CHANGE_PIPELINE", "BOX_DELETE"),
    "stages": ("STAGE_CREATE",),
    "tasks": ("TASK_CREATE", "TASK_COMPLETE", "TASK_UPDATED"),
    "comments": ("COMMENT_CREATE",),
    "meetings": ("MEETING_CREATE", "MEETING_UPDATE"),
}
STREAK_TEAM = {
    "contacts": ("CONTACT_CREATE", "CONTACT_UPDATE", "CONTACT_DELETE"),
    "organizations": ("ORG_CREATE", "ORG_UPDATE", "ORG_DELETE"),
}


def streams_read(mapping_file: Path) -> dict[str, set[str]]:
    """The streams that a mapping reads, by system. ClickException when the mapping is broken."""
    try:
        mapping = load_mapping(mapping_file)
    except (MappingError, OSError) as error:
        raise click.ClickException(f"the mapping can't be read: {error}") from None
    streams: dict[str, set[str]] = {}
    for spec in mapping.specs:
        streams.setdefault(spec.source.system, set()).add(spec.source.name)
    return streams


def events_of(table: Mapping[str, tuple[str, ...]], streams: set[str]) -> list[str]:
    """The events of these streams, in the table's order."""
    return [event for stream, events in table.items() if stream in streams for event in events]
