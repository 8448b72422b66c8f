"""How far bookmarks go, and which records events are about."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import ApiError
from singer_rest.http.instants import iso_text
from singer_rest.tap.rest_tap import DELETED
from streak_double import refused
from tap_streak.events import STREAMS as EVENT_STREAMS
from tap_streak.events import StreakEvents
from tap_streak.stream import StreakStream
from tap_streak.streams import STREAMS
from tap_streak.tap import TapStreak

AT = 1_700_000_000_123


def stream(name: str = "contacts", state: dict[str, Any] | None = None, **settings: Any) -> StreakStream:
    tap = TapStreak(config={"api_key": "k", **settings}, state={"bookmarks": {name: state}} if state else {})
    chosen = tap.streams[name]
    assert isinstance(chosen, StreakStream)
    return chosen


def test_the_first_run_reads_everything_from_start_date_on() -> None:
    assert stream().since(None) == -1
    assert stream(start_date="2023-11-14T22:13:20.123Z").since(None) == AT


def test_a_run_begins_before_its_bookmark_and_not_before_start_date() -> None:
    state = {"replication_key_value": iso_text(AT)}
    assert stream(state=state).since(None) == AT - 60_000
    assert stream(state=state, lookback_seconds=0).since(None) == AT
    assert stream(state=state, start_date="2030-01-01T00:00:00Z").since(None) > AT


def test_what_hangs_on_boxes_needs_no_look_back() -> None:
    context = {"pipelineKey": "P"}
    state = {"partitions": [{"context": context, "replication_key_value": iso_text(AT)}]}
    assert stream("tasks", state).since(context) == AT


def test_a_bookmark_moves_forwards_only_and_no_further_than_is_sure() -> None:
    contacts = stream()
    contacts.advance(AT, None, "a")
    contacts.advance(AT - 5, None, "b")
    assert contacts.get_context_state(None)["replication_key_value"] == iso_text(AT)
    contacts._sure_until = AT + 1000
    contacts.advance(AT + 5000, None, "c")
    assert contacts.get_context_state(None)["replication_key_value"] == iso_text(AT + 1000)


def test_no_bookmark_passes_streaks_clock_less_the_look_back(caplog: pytest.LogCaptureFixture) -> None:
    contacts = stream()
    assert not contacts.read_until(AT, AT, None)
    contacts.advance(AT - 1, None, "a")
    assert contacts.get_context_state(None)["replication_key_value"] == iso_text(AT - 60_000)
    contacts.advance(AT + 2 * 24 * 3_600_000, None, "b")
    contacts.advance(10**18, None, "c")
    assert contacts.get_context_state(None)["replication_key_value"] == iso_text(AT - 60_000)
    contacts.odd.say()
    assert "contacts: 2 (b, c) with lastSavedTimestamp ahead of the server's clock" in caplog.text


def test_a_bookmark_ahead_of_streaks_clock_is_put_back(caplog: pytest.LogCaptureFixture) -> None:
    contacts = stream(state={"replication_key_value": "9999-12-31T23:59:59.999Z"})
    assert contacts.read_until(AT, AT, None)
    assert contacts.get_context_state(None)["replication_key_value"] == iso_text(AT - 60_000)
    assert not contacts.read_until(AT, AT, None)
    assert len(caplog.messages) == 1
    assert "--full-refresh" in caplog.text


@pytest.mark.parametrize("instant", [0, -5])
def test_a_box_that_never_moved_makes_no_bookmark(instant: int) -> None:
    tasks = stream("tasks")
    tasks.advance(instant, {"pipelineKey": "P"}, "a")
    assert tasks.get_context_state({"pipelineKey": "P"}).get("replication_key_value", "none") == "none"


@pytest.mark.parametrize(
    ("saved", "read_as"),
    [
        (1_777_680_000_000, "2026-05-02T00:00:00.000Z"),
        ("1777680000000", "2026-05-02T00:00:00.000Z"),
        ("2026-05-02T02:00:00+02:00", "2026-05-02T02:00:00+02:00"),
        ("soon", None),
        (10**18, None),
        (None, None),
    ],
)
def test_a_record_without_a_time_of_change_is_a_record(saved: Any, read_as: str | None) -> None:
    contacts = stream()
    record = contacts._record({"key": "a", "lastSavedTimestamp": saved})
    assert record["lastSavedTimestamp"] == read_as
    kept = read_as is None and saved is not None
    assert record.get("_extra") == ({"lastSavedTimestamp": saved} if kept else None)
    contacts._increment_stream_state(record)


def test_each_pipeline_has_a_bookmark_of_its_own() -> None:
    boxes = stream("boxes")
    boxes.advance(AT, {"pipelineKey": "P"}, "a")
    boxes.advance(AT + 1, {"pipelineKey": "Q"}, "b")
    assert [part["replication_key_value"] for part in boxes.stream_state["partitions"]] == [
        iso_text(AT),
        iso_text(AT + 1),
    ]


def test_of_keys_that_are_gone_a_tombstone_is_left_and_of_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    answers: dict[str, Any] = {"a": {"key": "a"}, "b": refused(404), "c": refused(403), "d": refused(400)}

    def fetch(key: str) -> dict[str, Any]:
        if isinstance(answers[key], Exception):
            raise answers[key]
        return dict(answers[key])

    rows = list(stream().fetch_each("abcd", fetch))
    assert [(row["key"], DELETED in row) for row in rows] == [("a", False), ("b", True), ("d", True)]
    assert any(line.endswith("; left out") for line in caplog.messages)
    answers["a"] = refused(402)
    with pytest.raises(ApiError):
        list(stream().fetch_each("a", fetch))


def test_links_are_looked_up_where_their_names_are_selected() -> None:
    boxes = stream("boxes")
    assert boxes.links_to_name() == {"contacts": "contacts", "organizations": "organizations"}
    boxes.mask["properties", "contactEmails"] = False
    assert boxes.links_to_name() == {"organizations": "organizations"}


def test_every_event_is_about_a_stream_that_there_is() -> None:
    assert set(EVENT_STREAMS.values()) <= {cls.name for cls in STREAMS}
    events = StreakEvents(TapStreak(config={"api_key": "k"}))
    assert events.stream_of("BOX_EDIT") == "boxes"
    assert events.stream_of("BOX_SNEEZED") is None


@pytest.mark.parametrize(
    ("text", "fits"),
    [("agxzfm1haWxmb29", True), ("a-b_c", True), ("", False), ("a/b", False), ("a\n", False), ("é", False)],
)
def test_a_key_looks_as_keys_do(text: str, fits: bool) -> None:  # noqa: FBT001
    assert StreakEvents(TapStreak(config={"api_key": "k"})).is_id(text) is fits
