"""How the settings that every target has are read (`settings.json` declares them)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from singer_rest.errors import FatalRunError, single_line
from singer_rest.http.instants import parse_instant
from singer_rest.http.origin import ORIGIN, same_origin_text
from singer_rest.ledger.scopes import UNNAMED

LONGEST_ORIGIN = 500


def source_of(config: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """The name of the other side: the setting, else the origin that a SCHEMA says; None where neither is known."""
    given = str(config.get("source") or "").strip()
    if given and given != UNNAMED:
        return same_origin_text(given)
    origin = schema.get(ORIGIN)
    return same_origin_text(single_line(origin, LONGEST_ORIGIN)) if isinstance(origin, str) and origin.strip() else None


def date_of(given: str, setting: str) -> datetime:
    """Read the date of a setting; UTC unless it says otherwise. FatalRunError when it is none."""
    try:
        return parse_instant(given)
    except ValueError:
        raise FatalRunError(f"{setting} is no ISO date: {given!r}") from None
