"""Orders in, streams out: what passes through the mapper, and in which order."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from crosswalk_shop import CUSTOMERS, MAPPING, ORDER, ORDERS, STATE, Pipe, record, schema
from singer_rest import DocumentError
from singer_rest.errors import FatalRunError

Start = Callable[[str], Pipe]
SOURCE = {
    "system": "shop",
    "stream": "orders",
    "key": "7",
    "updatedAt": "2026-05-02T15:00:00Z",
    "version": 3,
    "date": None,
}


def test_an_order_becomes_a_record_in_each_stream(pipe: Start) -> None:
    assert pipe(MAPPING).records(schema(), record()) == [
        ("contacts", {"externalId": "C-1", "name": "Acme", "_flow": "order-contact", "_source": SOURCE}),
        (
            "boxes",
            {
                "externalId": "7",
                "name": "SO-7",
                "stageName": "New",
                "amount": 208.38,
                "_flow": "order-box",
                "_source": {**SOURCE, "date": "2026-05-01T14:03:11Z"},
            },
        ),
        (
            "comments",
            {
                "externalId": "order:7:status",
                "boxExternalId": "7",
                "message": "pending",
                "_flow": "order-status",
                "_source": SOURCE,
                "_change": {"path": "status", "value": "pending", "first": True},
            },
        ),
    ]


def test_a_watched_value_that_is_missing_makes_no_effect(pipe: Start) -> None:
    streams = [stream for stream, _ in pipe(MAPPING).records(schema(), record(status=None))]
    assert streams == ["contacts", "boxes"]


def test_schemas_come_before_records_and_are_the_same_at_every_repeat(pipe: Start) -> None:
    messages = pipe(MAPPING)(schema(), record(), schema(), schema("customers", CUSTOMERS, ("customerId",)), schema())
    schemas: dict[str, list[Any]] = {}
    for message in messages:
        if message["type"] == "SCHEMA":
            schemas.setdefault(message["stream"], []).append(message)
    assert {stream: len(found) for stream, found in schemas.items()} == {
        "contacts": 4,
        "boxes": 3,
        "comments": 3,
        "rejected_records": 4,
    }
    assert all(one == found[0] for found in schemas.values() for one in found)
    assert messages[0]["type"] == "SCHEMA"


def test_state_keeps_its_place_and_its_value(pipe: Start) -> None:
    odd = {"type": "STATE", "value": {"bookmarks": {"orders": {"n": 1}}, "extra": [None]}}
    messages = pipe(MAPPING)(STATE, schema(), record(), odd, record(orderId="8"), STATE)
    assert [one["type"] for one in messages if one["type"] != "SCHEMA"] == [
        "STATE", *["RECORD"] * 3, "STATE", *["RECORD"] * 3, "STATE"
    ]  # fmt: skip
    assert odd in messages


def test_digits_of_money_survive(pipe: Start) -> None:
    plugin = pipe(MAPPING)
    line = json.dumps(record(total="@")).replace('"@"', "1234567890123456.70")
    plugin.plugin.listen(io.StringIO(json.dumps(schema()) + "\n" + line))
    assert b'"amount":1234567890123456.70' in plugin.captured.readouterr().out


def test_a_record_that_cannot_be_mapped_is_set_aside_and_its_siblings_are_made(
    pipe: Start, caplog: pytest.LogCaptureFixture
) -> None:
    records = pipe(MAPPING).records(schema(), record(status="lost"))
    assert [stream for stream, _ in records] == ["contacts", "rejected_records", "comments"]
    rejected = records[1][1]
    assert {key: rejected[key] for key in ("stream", "key", "path", "rejectedAt")} == {
        "stream": "orders",
        "key": "7",
        "path": "order-box.stageName",
        "rejectedAt": "2026-05-02T15:00:00Z",
    }
    assert rejected["record"] == {**ORDER, "status": "lost"}
    assert rejected["reason"].startswith("table 'stages' has no row for 'lost'; add one to tables.stages (mapping.yml")
    assert "1 records could not be mapped" in caplog.text
    assert "`dead-letters list`" in caplog.text


def test_a_record_without_key_is_set_aside_once(pipe: Start) -> None:
    [(stream, row)] = pipe(MAPPING).records(schema(), record(orderId=None))
    assert (stream, row["path"]) == ("rejected_records", "*.orderId")
    assert re.fullmatch(r"\(no key\) [0-9a-f]{12}", row["key"])


def test_a_record_over_a_mebibyte_is_set_aside_without_its_body(pipe: Start) -> None:
    [(stream, row)] = pipe(MAPPING).records(schema(), record(note="x" * (1 << 20)))
    assert stream == "rejected_records"
    assert (row["key"], row["record"], row["reason"]) == ("7", None, "the record is over 1 MiB")


def test_several_keys_are_joined_and_times_are_written_in_utc(pipe: Start) -> None:
    order = record(updatedAt="2026-05-02T17:00:00+02:00", version="old")
    [(_, contact), *_] = pipe(MAPPING).records(schema(keys=("orderId", "number")), order)
    assert contact["_source"] == {**SOURCE, "key": "7|SO-7", "version": None}


def test_time_extracted_and_version_are_kept(pipe: Start) -> None:
    order = {**record(), "time_extracted": "2026-06-01T00:00:00Z", "version": 5}
    version = {"type": "ACTIVATE_VERSION", "stream": "orders", "version": 5}
    messages = [one for one in pipe(MAPPING)(schema(), order, version) if one["type"] != "SCHEMA"]
    assert [one.get("time_extracted") for one in messages[:3]] == ["2026-06-01T00:00:00Z"] * 3
    assert [(one["stream"], one.get("version")) for one in messages] == [
        ("contacts", None),
        ("boxes", 5),
        ("comments", 5),
        ("boxes", 5),
        ("comments", 5),
    ]


def test_a_tombstone_goes_where_the_order_owns_what_it_made(pipe: Start) -> None:
    gone = {"type": "RECORD", "stream": "orders", "record": {"orderId": "7", "_sdc_deleted_at": "2026-06-01T00:00:00Z"}}
    [(stream, row)] = pipe(MAPPING).records(schema(), gone)
    assert stream == "boxes"
    assert (row["externalId"], row["_sdc_deleted_at"]) == ("7", "2026-06-01T00:00:00Z")


def test_streams_without_a_flow_are_dropped_and_said_once(pipe: Start, caplog: pytest.LogCaptureFixture) -> None:
    other = {"type": "RECORD", "stream": "order", "record": {"a": 1}}
    with caplog.at_level("INFO"):
        assert pipe(MAPPING).records(schema("order"), other, other) == []
    said = [message for message in caplog.messages if "no flow" in message]
    assert said == ["stream 'order' has no flow: dropped, did you mean 'orders'?"]


def test_streams_without_a_flow_can_pass(pipe: Start) -> None:
    other = {"type": "RECORD", "stream": "stock", "record": {"a": 1}, "time_extracted": "2026-06-01T00:00:00Z"}
    version = {"type": "ACTIVATE_VERSION", "stream": "stock", "version": 1}
    given = [schema("stock", {"properties": {}}, ()), other, version]
    assert pipe("unmapped_streams: pass" + MAPPING)(*given) == given


def test_a_field_that_the_tap_does_not_give_stops_before_anything_is_written(
    pipe: Start, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    given = {name: kind for name, kind in ORDERS["properties"].items() if name != "status"}
    with pytest.raises(DocumentError) as caught:
        pipe(MAPPING)(schema(body={**ORDERS, "properties": given}), record())
    assert (
        "order-box.stageName: mapping needs orders.status, but the tap does not give it; is the field deselected?"
        in (str(caught.value))
    )
    assert capsysbinary.readouterr().out == b""


def test_batch_files_stop_the_run(pipe: Start) -> None:
    with pytest.raises(FatalRunError, match="batch_config"):
        pipe(MAPPING)({"type": "BATCH", "stream": "orders", "manifest": []})


FAULTS = [
    (record(), "the record came before its SCHEMA"),
    ("{nope", "no JSON"),
    ("[1]", "not a Singer message"),
    ('{"type": "RECORD", "stream": "orders"}', "a RECORD has no record"),
    ('{"type": "RECORD", "stream": [], "record": {}}', "a RECORD has no stream"),
    ('{"type": "SURPRISE"}', "its type is not known"),
    ('{"type": "SCHEMA", "stream": "orders", "schema": {"properties": 5}}', "a SCHEMA without properties"),
    ('{"type": "SCHEMA", "stream": "orders", "schema": {"properties": {}}, "key_properties": 5}', "no JSON Schema"),
    ('{"type": "STATE", "value": NaN}', "no JSON"),
    ('{"type": "STATE", "value": 1e99999999999999999999}', "too large"),
    ('{"type": "STATE", "value": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
]


@pytest.mark.parametrize(("line", "reason"), FAULTS)
def test_a_line_that_is_no_message_is_set_aside(pipe: Start, line: Any, reason: str) -> None:
    schemas, reject, *rest = pipe(MAPPING)(line, line)
    assert (schemas["type"], schemas["stream"]) == ("SCHEMA", "rejected_records")
    assert reject["stream"] == "rejected_records"
    assert reason in reject["record"]["reason"]
    assert [message["record"]["key"] for message in rest] == [reject["record"]["key"]]


def test_exact_numbers_are_decimals_inside(pipe: Start) -> None:
    crosswalk = pipe(MAPPING).plugin.crosswalk
    crosswalk.schema(schema())
    rows = crosswalk.rows({**record(), "record": {**ORDER, "total": Decimal("208.380")}})
    assert rows is not None
    assert str(rows[1][1]["amount"]) == "208.380"


def test_a_change_to_other_values_than_those_named_is_only_remembered(pipe: Start) -> None:
    mapping = MAPPING.replace("on_change: status", "on_change: {path: status, to: [shipped]}")
    started = pipe(mapping)
    changes = [
        one["_change"]
        for status in ("pending", "shipped")
        for stream, one in started.records(schema(), record(status=status))
        if stream == "comments"
    ]
    assert changes == [
        {"path": "status", "value": "pending", "remember": True},
        {"path": "status", "value": "shipped", "first": True},
    ]
