"""Custom field values, both ways: no float noise, no wrong day, no lost label."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_rest.errors import RecordRejected
from streak_api.fields import FieldBook, decode, encode, encode_for_party, keys_in, milliseconds, plain_text, schemas_of
from streak_api.pipelines import Field, Named

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


def nobody(_stream: str, _key: str) -> None:
    return None


def field(field_type: str) -> Field:
    return Field("1001", "Some Field", field_type, OPTIONS)


INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@given(st.text())
def test_a_text_reads_as_it_was_written(text: str) -> None:
    assert decode(field("TEXT_INPUT"), encoded("TEXT_INPUT", text), nobody) == text


@given(INSTANTS.filter(lambda at: milliseconds(at) not in {0, -1}))
def test_an_instant_reads_as_it_was_written(at: datetime) -> None:
    text = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert decode(field("DATE"), encoded("DATE", text), nobody) == text


@given(st.booleans())
def test_a_checkbox_reads_as_it_was_written(checked: bool) -> None:  # noqa: FBT001
    assert decode(field("CHECKBOX"), encoded("CHECKBOX", checked), nobody) is checked


@given(st.sampled_from(["Gold", "Silver"]))
def test_an_option_reads_as_it_was_written(label: str) -> None:
    assert decode(field("DROPDOWN"), encoded("DROPDOWN", label), nobody) == label


@given(st.lists(st.sampled_from(["Gold", "Silver"]), unique=True))
def test_tags_read_as_they_were_written(labels: list[str]) -> None:
    assert decode(field("TAG"), encoded("TAG", labels), nobody) == labels


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value_in_a_text_field(number: Decimal) -> None:
    assert Decimal(encoded("TEXT_INPUT", number)) == number


@pytest.mark.parametrize(
    ("field_type", "value", "shown"),
    [
        ("DATE", -1, None),
        ("DATE", 0, None),
        ("DATE", "next week", None),
        ("DATE", 10**18, None),
        ("DATE", "1772323200000", "2026-03-01T00:00:00.000Z"),
        ("DATE", -157766400000, "1965-01-01T00:00:00.000Z"),
        ("CHECKBOX", "True", True),
        ("CHECKBOX", "perhaps", None),
        ("DROPDOWN", "9009", None),
        ("TAG", ["9002", "9009"], ["Silver"]),
        ("TAG", "9001", ["Gold"]),
        ("PERSON", [{"email": "a@b.c"}, {"userKey": "u1"}, {"userKey": "u2"}, "d@e.f"], ["a@b.c", "users u1", "d@e.f"]),
        ("TEAM_CONTACT", [{"key": "c1"}, "u2"], ["contacts c1"]),
        ("TEAM_ORGANIZATION", "o1", ["organizations o1"]),
        ("FORMULA", Decimal("7.5"), Decimal("7.5")),
        ("NEW_TYPE", 7, "7"),
    ],
)
def test_a_value_of_streak_is_shown_to_people(field_type: str, value: Any, shown: Any) -> None:
    assert decode(field(field_type), value, lambda stream, key: None if key == "u2" else f"{stream} {key}") == shown


@pytest.mark.parametrize(
    ("field_type", "value", "written"),
    [
        ("TEXT_INPUT", None, ""),
        ("CHECKBOX", True, "true"),
        ("DATE", "2026-03-01", "1772323200000"),
        ("TAG", ["Gold"], "9001"),
        ("TAG", [], ""),
    ],
)
def test_contacts_and_organizations_keep_one_text(field_type: str, value: Any, written: str) -> None:
    assert encode_for_party(field(field_type), value, KEYS.__getitem__) == written


def test_contacts_and_organizations_take_one_label() -> None:
    with pytest.raises(RecordRejected, match="takes one label through the API, not several"):
        encode_for_party(field("TAG"), ["Gold", "Silver"], KEYS.__getitem__)


BOOK = FieldBook(
    [Field("1", "Total", "TEXT_INPUT"), Field("2", "Total", "TAG", OPTIONS), Field("3", "Who", "TEAM_CONTACT")]
)


def test_a_book_tells_fields_of_one_name_apart() -> None:
    assert BOOK.decode({"1": "9.50", "2": ["9001"], "9": "x", "3": None}, nobody) == {
        "Total": "9.50",
        "Total (2)": ["Gold"],
    }
    assert BOOK.decode(None, nobody) == {}


def test_a_book_names_what_it_does_not_know() -> None:
    assert BOOK.unknown({"1": "a", "2": ["9001", "9009"], "7": 1}) == {"2 9009", "7"}
    assert BOOK.linked({"1": "a", "3": [{"key": "c1"}]}) == {"contacts": {"c1"}, "organizations": set()}


def test_a_name_of_several_types_has_no_schema() -> None:
    other = FieldBook([Field("1", "Total", "DATE"), Field("2", "Gift", "CHECKBOX"), Field("3", "Score", "FORMULA")])
    assert schemas_of([BOOK, other]) == {
        "Total (2)": {
            "type": ["array", "null"],
            "items": {"type": "string"},
            "x-sync": {"field_type": "TAG"},
        },
        "Gift": {"type": ["boolean", "null"]},
    }


def test_keys_come_in_every_spelling() -> None:
    assert keys_in(["a", {"key": "b"}, {"userKey": "c"}, {}, None]) == ["a", "b", "c"]
    assert plain_text(object()) is None
