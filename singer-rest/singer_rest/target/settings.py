"""How the settings that every target has are read (`settings.json` declares them)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from singer_rest.errors import FatalRunError
from singer_rest.http.instants import parse_instant


def source_of(config: Mapping[str, Any]) -> str:
    """The name of the other side: an address without the slash that some end it with."""
    return str(config["source"]).strip().rstrip("/")


def date_of(given: str, setting: str) -> datetime:
    """Read the date of a setting; UTC unless it says otherwise. FatalRunError when it is none."""
    try:
        return parse_instant(given)
    except ValueError:
        raise FatalRunError(f"{setting} is no ISO date: {given!r}") from None
