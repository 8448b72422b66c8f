"""The context of a run, and its sinks by stream."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fake_sinks import Notes, Things, context
from singer_rest.errors import FatalRunError, UnreadableLine
from singer_rest.ledger import Ledger
from singer_rest.target.run import Sinks, run_context

CONFIG = {"request_timeout": 30, "search_lag_seconds": 90}


def made_of(config: dict[str, Any], server: datetime = datetime(2999, 1, 1, tzinfo=UTC)) -> Any:
    client = SimpleNamespace(server_now=lambda: server)
    parts: dict[str, Any] = {"client": client, "logger": None, "sink_for": None, "probe": None}
    return run_context(CONFIG | config, ledger=Ledger.in_memory(), **parts)


def test_settings_decide() -> None:
    run = made_of({"effects_since": "2026-01-01T00:00:00+01:00", "conflict": "newest", "dry_run": True})
    assert (run.effects_since.isoformat(), run.newest_wins, run.dry_run) == ("2025-12-31T23:00:00+00:00", True, True)
    assert run.settle_seconds == 30
    default = made_of({})
    assert (default.effects_since, default.newest_wins) == (default.ledger.born, False)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    assert made_of({}, past).effects_since == past  # our clock was ahead when the ledger was made
    with pytest.raises(FatalRunError, match="effects_since"):
        made_of({"effects_since": "soon"})


def test_a_sink_has_the_schema_of_this_run_else_of_the_last() -> None:
    run = context()
    sinks = Sinks([Things, Notes], lambda sink_class, schema, keys: sink_class(run, schema, keys))
    assert sinks.sink_for("things", run.ledger).schema == Things.record_schema
    sinks.take_schema("things", {"properties": {"a": {}}}, ["a"])
    first = sinks.ready["things"]
    sinks.take_schema("things", {"properties": {"a": {}}}, ["a"])
    assert sinks.ready["things"] is first is sinks.sink_for("things", run.ledger)
    later = Sinks([Things], lambda sink_class, schema, keys: sink_class(run, schema, keys))
    assert later.sink_for("things", run.ledger).schema == {"properties": {"a": {}}}
    with pytest.raises(UnreadableLine, match="can't be understood"):
        sinks.take_schema("things", {"properties": {"a": {"x-sync": 5}}}, [])


def test_dead_letters_of_names_that_lead_nowhere_are_not_tried() -> None:
    run = context()

    class Lost(Things):
        def prepare(self) -> None:
            raise FatalRunError("no such pipeline")

    sinks = Sinks([Lost], lambda sink_class, schema, keys: sink_class(run, schema, keys))
    assert [sinks.for_dead_letter(stream, run) for stream in ("things", "things", "others")] == [None, None, None]
