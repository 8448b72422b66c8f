"""What becomes of a message, without the plugin around it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from crosswalk_shop import MAPPING, record, schema
from mapper_crosswalk.check.mapping import Mapping
from mapper_crosswalk.run.crosswalk import Crosswalk

Load = Callable[[str], Mapping]


@pytest.fixture
def crosswalk(load: Load) -> Crosswalk:
    return Crosswalk(load(MAPPING), logging.getLogger("test"))


def rejected(crosswalk: Crosswalk, message: dict[str, Any], **options: Any) -> dict[str, Any]:
    rows = crosswalk.rows(message, **options)
    assert rows is not None
    [(output, row)] = rows
    assert output.stream == "rejected_records"
    return row


def test_each_flow_makes_a_row(crosswalk: Crosswalk) -> None:
    crosswalk.schema(schema())
    rows = crosswalk.rows(record()) or []
    assert [(output.stream, output.versioned) for output, _ in rows] == [
        ("contacts", False),
        ("boxes", True),
        ("comments", True),
    ]


def test_a_record_before_its_schema_is_set_aside(crosswalk: Crosswalk) -> None:
    assert rejected(crosswalk, record())["reason"] == "the record came before its SCHEMA"
    assert crosswalk.rejected == 1


def test_an_oversized_record_keeps_its_key_where_it_has_one(crosswalk: Crosswalk) -> None:
    crosswalk.schema(schema())
    row = rejected(crosswalk, record(), oversized=True)
    assert (row["key"], row["record"], row["reason"]) == ("7", None, "the record is over 1 MiB")
    row = rejected(crosswalk, record(orderId=None), oversized=True)
    assert (row["key"][:8], row["record"], row["reason"]) == ("(no key)", None, "the record is over 1 MiB")


@pytest.mark.parametrize("nonsense", [None, 5, "text", [], [{}]])
def test_what_is_no_object_is_set_aside_as_it_came(crosswalk: Crosswalk, nonsense: Any) -> None:
    crosswalk.schema(schema())
    row = rejected(crosswalk, {"type": "RECORD", "stream": "orders", "record": nonsense})
    assert row["record"] == (nonsense if nonsense is None else {"record": nonsense})
    assert row["key"].startswith("(no key) ")


def test_a_schema_that_is_repeated_is_compiled_once(crosswalk: Crosswalk) -> None:
    first = crosswalk.schema(schema())
    flow = crosswalk.flows["order-box"]
    assert crosswalk.schema(schema()) is first
    assert crosswalk.flows["order-box"] is flow
    crosswalk.schema({**schema(), "key_properties": ["orderId", "number"]})
    assert crosswalk.flows["order-box"] is not flow
