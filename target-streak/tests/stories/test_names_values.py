"""Custom field values as Streak wants them: no float noise, no wrong day, no lost label."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from singer_rest.errors import FatalRunError, RecordRejected
from target_streak.names import Named
from target_streak.needs import needs_of
from target_streak.pipelines import Field
from target_streak.values import encode

OPTIONS = (Named("9001", "Gold"), Named("9002", "Silver"))
KEYS = {option.name: option.key for option in OPTIONS}


def encoded(field_type: str, value: Any) -> Any:
    return encode(Field("1001", "Some Field", field_type, OPTIONS), value, KEYS.__getitem__)


@pytest.mark.parametrize(
    ("field_type", "value", "written"),
    [
        ("TEXT_INPUT", "Ångström", "Ångström"),
        ("TEXT_INPUT", "", ""),
        ("TEXT_INPUT", Decimal("208.38"), "208.38"),
        ("TEXT_INPUT", Decimal("1330735.70"), "1330735.70"),
        ("TEXT_INPUT", Decimal("1E+3"), "1000"),
        ("TEXT_INPUT", Decimal("0.00000012"), "0.00000012"),
        ("TEXT_INPUT", 0.1, "0.1"),
        ("TEXT_INPUT", 42, "42"),
        ("TEXT_INPUT", True, "true"),
        ("TEXT_INPUT", None, None),
        ("DATE", "2026-03-01", 1772323200000),
        ("DATE", "2026-03-01T00:30:00+02:00", 1772317800000),
        ("DATE", "2026-03-01T00:00:00.123456Z", 1772323200123),
        ("DATE", "1965-01-01", -157766400000),
        ("DATE", 1772323200000, 1772323200000),
        ("DATE", Decimal(1772323200000), 1772323200000),
        ("DATE", date(2026, 3, 1), 1772323200000),
        ("DATE", datetime(2026, 3, 1, tzinfo=UTC), 1772323200000),
        ("DATE", "", None),
        ("CHECKBOX", False, False),
        ("CHECKBOX", "True", True),
        ("CHECKBOX", None, None),
        ("DROPDOWN", "Silver", "9002"),
        ("DROPDOWN", " Silver ", "9002"),
        ("DROPDOWN", "", None),
        ("TAG", ["Silver", "Gold", "Silver"], ["9002", "9001"]),
        ("TAG", "Gold", ["9001"]),
        ("TAG", [], []),
        ("TAG", None, []),
    ],
)
def test_a_value_is_written_as_streak_wants_it(field_type: str, value: Any, written: Any) -> None:
    assert encoded(field_type, value) == written
    assert type(encoded(field_type, value)) is type(written)


@pytest.mark.parametrize(
    ("field_type", "value", "said"),
    [
        ("TEXT_INPUT", ["a"], "takes text or a number, not a list"),
        ("TEXT_INPUT", {"a": 1}, "not an object"),
        ("TEXT_INPUT", Decimal("NaN"), "not such a number"),
        ("DATE", "next week", "takes an ISO date, an instant or milliseconds, not other text"),
        ("DATE", Decimal("1.5"), "not such a number"),
        ("DATE", Decimal("Infinity"), "not such a number"),
        ("DATE", True, "not true or false"),
        ("CHECKBOX", "perhaps", "takes true or false"),
        ("CHECKBOX", 1, "takes true or false"),
        ("DROPDOWN", ["Gold"], "takes the label of one option, not a list"),
        ("TAG", [["Gold"]], "takes a list of labels"),
        ("PERSON", "maya@example.com", "can't be written"),
        ("TEAM_CONTACT", ["agx"], "can't be written"),
    ],
)
def test_a_value_that_does_not_fit_rejects_the_record(field_type: str, value: Any, said: str) -> None:
    with pytest.raises(RecordRejected, match="Some Field") as refused:
        encoded(field_type, value)
    assert said in refused.value.reason
    assert "'Gold', 'Silver'" in refused.value.reason
    assert "next week" not in refused.value.reason
    assert "maya" not in refused.value.reason


@pytest.mark.parametrize(
    ("schema", "field_type"),
    [
        ({"type": ["string", "null"]}, "TEXT_INPUT"),
        ({"type": ["string", "null"], "format": "date-time"}, "DATE"),
        ({"type": "string", "format": "date"}, "DATE"),
        ({"type": ["boolean", "null"]}, "CHECKBOX"),
        ({"type": ["number", "null"]}, "TEXT_INPUT"),
        ({"type": ["integer", "null"]}, "TEXT_INPUT"),
        ({"type": ["array", "null"], "items": {"type": "string"}}, "TAG"),
        ({"type": ["string", "null"], "x-sync": {"field_type": "DROPDOWN"}}, "DROPDOWN"),
        ({}, "TEXT_INPUT"),
    ],
)
def test_a_missing_field_is_made_for_what_it_will_hold(schema: dict[str, Any], field_type: str) -> None:
    (need,) = needs_of("boxes", {"properties": {"fieldValues": {"properties": {"Some Field": schema}}}}).fields
    assert need.type == field_type


def test_a_field_type_that_cannot_hold_the_value_stops_the_run() -> None:
    schema = {"type": "boolean", "x-sync": {"field_type": "DATE"}}
    with pytest.raises(FatalRunError, match="'Gift' is to be made as DATE"):
        needs_of("boxes", {"properties": {"fieldValues": {"properties": {"Gift": schema}}}})
