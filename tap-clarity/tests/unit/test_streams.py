"""How far a stream is read: look-back, the row where a run broke off, and what is new enough to come late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clarity_api.profile import load_profile
from clarity_api.site import Page, Site
from singer_rest.http.instants import FIRST
from singer_rest.tap.rest_tap import DELETED
from tap_clarity.streams import ClarityStream
from tap_clarity.tap import TapClarity

OLD = "2026-05-02T15:00:00.000000Z"
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


class Shop:
    """What streams ask of a shop."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.positions: list[dict[str, Any]] = []
        self.site = Site(None, load_profile({}))
        self.answered_at = NOW

    def pages(self, name: str, **position: Any) -> Any:
        self.positions.append({"name": name, **position})
        yield Page(self.rows, len(self.rows), has_more=False)

    def named(self, _name: str, ids: list[str]) -> list[dict[str, Any]]:
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
    assert "reached" not in advanced(products(), ("a", OLD), ("b", (NOW - timedelta(hours=1)).isoformat()))


@pytest.mark.parametrize("ahead", ["2026-05-20T12:00:00Z", "2026-05-22T12:00:00Z", "9999-12-31T23:59:59Z"])
def test_no_record_moves_the_bookmark_past_the_shops_clock_less_the_look_back(ahead: str) -> None:
    state = advanced(products(), ("a", OLD), ("b", ahead), ("c", ahead))
    assert state["replication_key_value"] == "2026-05-20T11:59:00.000000Z"
    assert "reached" not in state


def test_a_record_without_an_instant_does_not_move_it() -> None:
    stream = products()
    advanced(stream, ("a", OLD))
    stream._increment_stream_state({"productId": "b", "updatedAt": None})
    assert stream.get_context_state(None)["replication_key_value"] == OLD


def test_the_first_instant_of_all_is_a_bookmark_to_go_on_from() -> None:
    state = advanced(products(), ("a", "0001-01-01T00:00:00Z"))
    assert state["replication_key_value"] == "0001-01-01T00:00:00.000000Z"
    assert products({"replication_key_value": state["replication_key_value"]})._position(None)[0] == FIRST


@pytest.mark.parametrize("ahead", ["2026-05-20T12:00:01Z", "2026-05-22T12:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_a_bookmark_ahead_of_the_shops_clock_is_put_back_and_that_is_said(
    ahead: str, caplog: pytest.LogCaptureFixture
) -> None:
    stream = products({"replication_key_value": ahead, "reached": {"updatedAt": ahead, "productId": "p"}})
    shop: Any = stream.api
    shop.rows = [{"productId": "a", "updatedAt": "2026-05-20T11:59:30Z"}]
    assert [row["productId"] for row in stream.get_records(None)] == ["a"]
    assert stream.stream_state["replication_key_value"] == "2026-05-20T11:59:00.000000Z"
    assert [position["since"] for position in shop.positions][1] == NOW - timedelta(seconds=120)
    assert sum("ahead of the shop's clock" in line for line in caplog.messages) == 1
    assert "--full-refresh" in caplog.text


def test_a_bookmark_behind_the_shops_clock_costs_no_second_call() -> None:
    stream = products({"replication_key_value": OLD})
    assert list(stream.get_records(None)) == []
    shop: Any = stream.api
    assert len(shop.positions) == 1


@pytest.mark.parametrize("odd", [None, 5, "soon", "9999-12-31T23:59:59-05:00"])
def test_what_is_no_instant_stands_aside(odd: Any) -> None:
    record = products().post_process({"productId": "a", "updatedAt": odd})
    assert record == {"productId": "a", "updatedAt": None} | ({} if odd is None else {"_extra": {"updatedAt": odd}})


def test_a_leap_second_is_the_second_after_it() -> None:
    record = products().post_process({"productId": "a", "updatedAt": "2026-06-30T23:59:60Z"})
    assert record["updatedAt"] == "2026-07-01T00:00:00Z"


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
