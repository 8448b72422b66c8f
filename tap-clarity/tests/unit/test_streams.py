"""How far a stream is read: look-back, the row where a run broke off, and what is new enough to come late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_rest.tap.rest_tap import DELETED
from tap_clarity.client import Page
from tap_clarity.streams import ClarityStream
from tap_clarity.tap import TapClarity

OLD = "2026-05-02T15:00:00.000000Z"


class Shop:
    """What streams ask of a shop."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.positions: list[dict[str, Any]] = []

    def pages(self, path: str, key: str, **position: Any) -> Any:
        self.positions.append({"path": path, "key": key, **position})
        yield Page(self.rows, len(self.rows), has_more=False)

    def named(self, _path: str, ids: list[str]) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["productId"] in ids]


def products(state: dict[str, Any] | None = None, **settings: Any) -> ClarityStream:
    config = {"api_url": "https://shop.example.com", "api_key": "k", **settings}
    tap = TapClarity(config=config, state={"bookmarks": {"products": state}} if state else {})
    tap.__dict__["api"] = Shop()
    stream = tap.streams["products"]
    assert isinstance(stream, ClarityStream)
    return stream


def advanced(stream: ClarityStream, *records: tuple[str, str]) -> dict[str, Any]:
    for key, updated in records:
        stream._increment_stream_state({"productId": key, "updatedAt": updated})
    return dict(stream.get_context_state(None))


def test_the_first_run_reads_everything_from_start_date_on() -> None:
    assert products()._position(None) == (None, None)
    assert products(start_date="2026-01-01T00:00:00+01:00")._position(None) == (
        datetime(2025, 12, 31, 23, tzinfo=UTC),
        None,
    )


@pytest.mark.parametrize(
    ("settings", "seconds_before"),
    [({}, 60), ({"lookback_seconds": 0}, 0), ({"start_date": "2026-05-02T14:59:50Z"}, 10)],
)
def test_a_run_begins_before_its_bookmark_and_not_before_start_date(
    settings: dict[str, Any], seconds_before: int
) -> None:
    since, after = products({"replication_key_value": OLD}, **settings)._position(None)
    assert since == datetime(2026, 5, 2, 15, tzinfo=UTC) - timedelta(seconds=seconds_before)
    assert after is None


def test_a_run_that_broke_off_goes_on_behind_its_last_row() -> None:
    state = {"replication_key_value": OLD, "reached": {"updatedAt": OLD, "productId": "p7"}}
    assert products(state)._position(None) == (datetime(2026, 5, 2, 15, tzinfo=UTC), "p7")


@pytest.mark.parametrize("reached", ["nonsense", {"updatedAt": "2026-05-02T15:00:01.000000Z", "productId": "p7"}, {}])
def test_a_row_that_is_not_at_the_bookmark_counts_for_nothing(reached: Any) -> None:
    since, after = products({"replication_key_value": OLD, "reached": reached})._position(None)
    assert (since, after) == (datetime(2026, 5, 2, 14, 59, tzinfo=UTC), None)


def test_the_bookmark_moves_forwards_only_and_has_one_form() -> None:
    state = advanced(products(), ("a", "2026-05-02T15:00:00Z"), ("b", "2026-05-02T17:00:01+02:00"), ("c", OLD))
    assert state["replication_key_value"] == "2026-05-02T15:00:01.000000Z"
    assert state["reached"] == {"updatedAt": "2026-05-02T15:00:01.000000Z", "productId": "b"}


def test_among_rows_of_one_instant_the_last_one_is_where_it_goes_on() -> None:
    state = advanced(products(), ("a", OLD), ("b", OLD))
    assert (state["replication_key_value"], state["reached"]["productId"]) == (OLD, "b")


def test_what_is_new_may_come_late_so_no_row_is_remembered() -> None:
    now = datetime.now(UTC).isoformat()
    assert "reached" not in advanced(products(), ("a", OLD), ("b", now))


def test_a_run_that_came_to_its_end_did_not_break_off() -> None:
    stream = products()
    advanced(stream, ("a", OLD))
    stream._finalize_state(stream.stream_state)
    assert "reached" not in stream.stream_state


def test_rows_have_their_key_in_utc_and_unknown_fields_aside() -> None:
    stream = products()
    shop: Any = stream.api
    shop.rows = [{"productId": "a", "updatedAt": "2026-05-02T17:00:00+02:00", "colour": "red"}]
    records = [stream.post_process(row) for row in stream.get_records(None)]
    assert records == [{"productId": "a", "updatedAt": "2026-05-02T15:00:00Z", "_extra": {"colour": "red"}}]


def test_what_was_asked_first_is_not_asked_for_again() -> None:
    stream = products()
    stream.ask()
    assert list(stream.get_records(None)) == []
    shop: Any = stream.api
    assert len(shop.positions) == 1


def test_records_that_are_gone_are_tombstones() -> None:
    stream = products()
    shop: Any = stream.api
    shop.rows = [{"productId": "a", "updatedAt": OLD}]
    ((existing, gone),) = stream.by_ids(["b", "a"])
    assert existing == {"productId": "a", "updatedAt": OLD}
    assert gone == {"productId": "b", "updatedAt": gone[DELETED], DELETED: gone["updatedAt"]}
