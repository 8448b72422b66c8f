"""What taps share, by a tap of a list in memory."""

from __future__ import annotations

import io
import json
import logging
import signal
from contextlib import redirect_stdout
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.plugin.shutdown import ShutdownRequested
from singer_rest.tap.rest_tap import RestStream, RestTap
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SHARED = {"nested": {"a": 1, "b": 2}}


class Things(RestStream[list[dict[str, Any]]]):
    name = "things"
    primary_keys = ("id",)
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("id", th.StringType),
        th.Property("shared", th.ObjectType(th.Property("nested", th.ObjectType(additional_properties=True)))),
        th.Property("note", th.StringType),
    ).to_dict()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:  # noqa: ARG002
        return iter(self.api)

    def by_ids(self, ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        yield [{"id": key} for key in ids]


class Owners(Things):
    name = "owners"


class SmallTap(RestTap[list[dict[str, Any]]]):
    name = "small-tap"
    stream_classes = (Things, Owners)
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("events_url", th.StringType), th.Property("user_agent", th.StringType)
    ).to_dict()

    @cached_property
    def api(self) -> list[dict[str, Any]]:
        return [{"id": "1", "shared": SHARED, "note": "x"}, {"id": "2", "shared": SHARED}]

    def ask_api(self) -> None:
        self.logger.warning("asked")


def sync(tap: SmallTap) -> list[dict[str, Any]]:
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) as out:
        tap.sync_all()
        out.seek(0)
        return [json.loads(line) for line in out.read().splitlines()]


def deselected(tap: SmallTap, *breadcrumb: str) -> SmallTap:
    catalog = json.loads(json.dumps(tap.catalog_dict))
    for metadata in catalog["streams"][0]["metadata"]:
        if metadata["breadcrumb"] == list(breadcrumb):
            metadata["metadata"]["selected"] = False
    return SmallTap(catalog=catalog)


def test_all_schemas_come_before_the_first_record_and_after_the_api_was_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kinds = [(m["type"], m.get("stream")) for m in sync(SmallTap()) if m["type"] != "STATE"]
    assert kinds == [
        ("SCHEMA", "things"),
        ("SCHEMA", "owners"),
        *[("RECORD", "things")] * 2,
        *[("RECORD", "owners")] * 2,
    ]
    assert caplog.messages == ["asked"]


def test_deselected_streams_have_no_schema() -> None:
    assert {m.get("stream") for m in sync(deselected(SmallTap()))} == {"owners", None}


def test_records_go_out_as_they_are() -> None:
    records = [m["record"] for m in sync(SmallTap()) if m["type"] == "RECORD" and m["stream"] == "things"]
    assert records == [{"id": "1", "shared": SHARED, "note": "x"}, {"id": "2", "shared": SHARED}]


def test_deselected_fields_are_taken_out_of_this_record_alone() -> None:
    tap = deselected(SmallTap(), "properties", "shared", "properties", "nested")
    records = [m["record"] for m in sync(tap) if m["type"] == "RECORD"]
    assert records[:2] == [{"id": "1", "shared": {}, "note": "x"}, {"id": "2", "shared": {}}]
    assert records[2]["shared"] == {"nested": {"a": 1, "b": 2}} == SHARED


def test_streams_keep_their_order_whatever_the_catalog_says() -> None:
    catalog = SmallTap().catalog_dict
    tap = SmallTap(catalog={"streams": catalog["streams"][::-1]})
    assert list(tap.streams) == ["things", "owners"]


@pytest.mark.parametrize("bookmark", [{"replication_key_value": "?"}, {"replication_key_value": None}])
def test_a_state_that_holds_no_instant_is_one_line(bookmark: dict[str, Any]) -> None:
    with pytest.raises(FatalRunError, match="The STATE of things holds no instant"):
        SmallTap(state={"bookmarks": {"things": bookmark}})


def test_a_state_of_instants_and_of_events_is_taken_in_any_envelope() -> None:
    bookmarks = {"things": {"replication_key_value": "2026-05-02T00:00:00Z"}, "events": {"replication_key_value": 7}}
    for state in ({"bookmarks": bookmarks}, {"singer_state": {"bookmarks": bookmarks}}):
        assert SmallTap(state=state).state["bookmarks"] == bookmarks


def test_told_to_end_a_tap_that_follows_leaves_its_wait_and_another_ends_at_once() -> None:
    tap = SmallTap(config={"events_url": "http://127.0.0.1:1"})
    with pytest.raises(ShutdownRequested), tap.shutdown.waiting():
        tap._handle_termination(signal.SIGTERM, None)
    with pytest.raises(SystemExit):
        SmallTap()._handle_termination(signal.SIGTERM, None)


def test_it_calls_itself_by_name_and_version() -> None:
    assert SmallTap().user_agent.startswith("small-tap/")
    assert SmallTap(config={"user_agent": "us"}).user_agent == "us"


def test_a_broken_state_file_is_explained() -> None:
    with pytest.raises(ValueError, match="Expecting") as broken:
        json.loads("{")
    assert SmallTap.explain(broken.value) == ["A file of --state or --catalog can't be read: it is not JSON (line 1)"]
    assert SmallTap.explain(ValueError("a bug")) == []


def test_what_the_sdk_says_of_streams_is_for_who_debugs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    SmallTap().streams["things"].log("Beginning sync")
    assert caplog.messages == []
