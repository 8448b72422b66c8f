"""The settings that every target of this kind has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from singer_rest.errors import FatalRunError
from singer_rest.http.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def common_settings() -> list[th.Property]:  # type: ignore[type-arg]  # the SDK's own generic
    """Give the settings; a target adds those of its API."""
    return [*_ledger(), *_pace(), *_what_is_written(), *_running()]


def _ledger() -> list[th.Property]:  # type: ignore[type-arg]
    return [
        th.Property(
            "ledger_url",
            th.StringType,
            default="sqlite:///clarity-streak.db",
            secret=True,
            title="Ledger",
            description="Database that remembers what was written: `sqlite:///path` or `postgresql+psycopg://…`.",
        ),
        th.Property(
            "source",
            th.StringType,
            default="default",
            title="Source",
            description="Name of the other side; what is remembered under one name is not seen under another.",
        ),
    ]


def _pace() -> list[th.Property]:  # type: ignore[type-arg]
    return [
        th.Property(
            "concurrency",
            th.IntegerType(minimum=1, maximum=64),
            default=8,
            title="Lanes",
            description="How many records are written side by side; records that share a key keep their order.",
        ),
        th.Property(
            "requests_per_second",
            th.NumberType(exclusive_minimum=0),
            default=7,
            title="Requests per second",
            description="Limit shared by all lanes, never exceeded.",
        ),
        th.Property(
            "retry_seconds",
            th.NumberType(minimum=0),
            default=120,
            title="Retry for",
            description="How many seconds a call is repeated after connection errors, time-outs, 408, 425, 429, 5xx.",
        ),
        th.Property(
            "request_timeout",
            th.NumberType(exclusive_minimum=0),
            default=30,
            title="Request time-out",
            description="Seconds that one answer may take.",
        ),
        th.Property(
            "search_lag_seconds",
            th.NumberType(minimum=0),
            default=90,
            title="Search lag",
            description="Seconds after which a request surely had its effect, if any, and the API's search knows it.",
        ),
        th.Property("user_agent", th.StringType, title="User agent", description="Sent with every request."),
    ]


def _what_is_written() -> list[th.Property]:  # type: ignore[type-arg]
    return [
        th.Property(
            "max_rejected",
            th.StringType,
            default="20%",
            title="Most rejected records",
            description="More rejected records stop a run: a number, or a share (in all or of a stream, from 100 on).",
        ),
        th.Property(
            "effects_since",
            th.DateTimeType,
            title="Effects since",
            description="Comments, tasks and other effects of earlier dates are not made; default: the ledger's birth.",
        ),
        th.Property(
            "conflict",
            th.StringType(allowed_values=["owner", "newest"]),
            default="owner",
            title="Conflict",
            description="Who wins when a shared property changed on both sides: its owner, or the newest change.",
        ),
        th.Property(
            "dry_run",
            th.BooleanType,
            default=False,
            title="Dry run",
            description="Write nothing, keep the ledger and emit no STATE; say what would be done.",
        ),
        th.Property(
            "dry_run_file",
            th.StringType,
            title="Dry run file",
            description="File for the plan of a dry run, one JSON object per line, readable by its owner only.",
        ),
    ]


def _running() -> list[th.Property]:  # type: ignore[type-arg]
    return [
        th.Property(
            "state_interval",
            th.NumberType(minimum=0),
            default=1,
            title="STATE interval",
            description="Seconds between two STATE messages; the last one always goes out.",
        ),
        th.Property(
            "max_pending",
            th.IntegerType(minimum=1),
            default=1000,
            title="Most pending records",
            description="The input is read no further while so many records wait to be written.",
        ),
        th.Property(
            "summary_file",
            th.StringType,
            title="Summary file",
            description="File for the run's counts as JSON.",
        ),
    ]


def source_of(config: Mapping[str, Any]) -> str:
    """The name of the other side: an address without the slash that some end it with."""
    return str(config["source"]).strip().rstrip("/")


def date_of(given: str, setting: str) -> datetime:
    """Read the date of a setting; UTC unless it says otherwise. FatalRunError when it is none."""
    try:
        return parse_instant(given)
    except ValueError:
        raise FatalRunError(f"{setting} is no ISO date: {given!r}") from None
