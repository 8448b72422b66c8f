"""Custom field values, both ways: decoded to names, labels and ISO dates, encoded to keys and milliseconds.

One table has both directions of every type, so that what is read can be written back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from singer_rest import RecordRejected, from_ms, ms_of_text

from streak_api.paging import Row
from streak_api.pipelines import Field

LINKED = {"TEAM_CONTACT": "contacts", "TEAM_ORGANIZATION": "organizations"}
OPTION_TYPES = frozenset({"DROPDOWN", "TAG"})
BOOLEANS = {"true": True, "false": False}

Naming: TypeAlias = Callable[[str, str], "str | None"]
"""From a stream (users, contacts, organizations) and a key to an e-mail, domain or name."""
OptionKey: TypeAlias = Callable[[str], str]
"""From an option's label to its key."""


def decode(field: Field, value: Any, naming: Naming) -> Any:
    """A value of the API for people: labels for options, an ISO instant for a date; None where nothing is left."""
    return TYPES.get(field.type, TEXT).decode(field, value, naming)


def encode(field: Field, value: Any, option_key: OptionKey) -> Any:
    """A value as Streak wants it written; `option_key` gives the key of a label.

    Raises:
        RecordRejected: the field can't hold the value; the reason names the field and the kind of value.
    """
    if value is None or (value == "" and field.type != "TEXT_INPUT"):
        return [] if field.type == "TAG" else None
    kind = TYPES.get(field.type)
    if kind is None or kind.encode is None:
        raise _refused(field, f"is a {field.type} field, which can't be written through the API: leave it out")
    return kind.encode(field, value, option_key)


def encode_for_party(field: Field, value: Any, option_key: OptionKey) -> str:
    """The same for a field of contacts or organizations, which keep every value as one text; an empty one clears it."""
    written = encode(field, value, option_key)
    if isinstance(written, list):
        if len(written) > 1:
            reason = f"field {field.name!r} (TAG) of contacts and organizations takes one label through the API"
            raise RecordRejected(f"{reason}, not several", code="bad_value")
        written = written[0] if written else None
    return "" if written is None else plain_text(written) or ""


class FieldBook:
    """The custom fields of a container by their keys: decodes what its records hold."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields: dict[str, Field] = {}
        names: set[str] = set()
        for field in fields:
            # two fields may have one name; the second is told apart by its key
            name = f"{field.name} ({field.key})" if field.name in names else field.name
            names.add(name)
            self.fields[field.key] = field if name == field.name else replace(field, name=name)

    def decode(self, values: Any, naming: Naming) -> dict[str, Any]:
        """Values by name; those of unknown fields and of options that are gone are left out."""
        decoded = {
            self.fields[key].name: decode(self.fields[key], value, naming)
            for key, value in (values or {}).items()
            if key in self.fields and value is not None
        }
        return {name: value for name, value in decoded.items() if value is not None}

    def unknown(self, values: Any) -> set[str]:
        """Keys among the values that this book does not know: of fields, and of a field's options."""
        unknown = set()
        for key, value in (values or {}).items():
            field = self.fields.get(key)
            if field is None:
                unknown.add(key)
            elif field.type in OPTION_TYPES and value is not None:
                unknown.update(f"{key} {option}" for option in keys_in(value) if option not in field.labels)
        return unknown

    def linked(self, values: Any) -> dict[str, set[str]]:
        """The keys of contacts and organizations that the values name."""
        linked: dict[str, set[str]] = {"contacts": set(), "organizations": set()}
        for key, value in (values or {}).items():
            stream = LINKED.get(self.fields[key].type) if key in self.fields else None
            if stream:
                linked[stream].update(keys_in(value))
        return linked


def schemas_of(books: Iterable[FieldBook]) -> dict[str, Row]:
    """The JSON Schemas of decoded fields by name; none for a name that stands for several types."""
    types: dict[str, set[str]] = {}
    for book in books:
        for field in book.fields.values():
            types.setdefault(field.name, set()).add(field.type)
    known = {name: TYPES[kind].schema for name, (kind, *others) in types.items() if not others and kind in TYPES}
    return {name: schema for name, schema in known.items() if schema}


def keys_in(value: Any) -> list[str]:
    """Keys in any of the spellings of a link: a key, an object with one, or a list of either."""
    items = value if isinstance(value, list) else [value]
    keys = [item.get("key") or item.get("userKey") if isinstance(item, dict) else item for item in items]
    return [str(key) for key in keys if isinstance(key, str) or type(key) is int]


def plain_text(value: Any) -> str | None:
    """A scalar as text: decimals without exponent, `true`/`false`, ISO dates; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(str(value))
        return format(number, "f") if number.is_finite() else None
    if isinstance(value, date):
        return value.isoformat()
    return None


def milliseconds(value: Any) -> int | None:
    """Milliseconds since the epoch of an ISO instant or date, or milliseconds; None for anything else.

    A date is its midnight in UTC, and so is an instant without an offset.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return int(value) if Decimal(value).is_finite() and value == int(value) else None
    if isinstance(value, date):
        return ms_of_text(value.isoformat())
    return ms_of_text(value.strip()) if isinstance(value, str) else None


# decoding, type by type


def _read_date(_field: Field, value: Any, _naming: Naming) -> str | None:
    digits = str(value)
    if not digits.removeprefix("-").isdecimal() or digits in {"0", "-1"}:  # no date: what the API sends for none
        return None
    try:
        return from_ms(int(digits)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return None


def _read_people(_field: Field, value: Any, naming: Naming) -> list[str]:
    items = value if isinstance(value, list) else [value]
    emails = [
        item.get("email") or naming("users", item.get("userKey", "")) if isinstance(item, dict) else item
        for item in items
    ]
    return [email for email in emails if email]


# encoding, type by type


def _write_text(field: Field, value: Any, _option_key: OptionKey) -> str:
    text = plain_text(value)
    if text is None:
        raise _refused(field, f"takes text or a number, not {_kind(value)}")
    return text


def _write_date(field: Field, value: Any, _option_key: OptionKey) -> int:
    instant = milliseconds(value)
    if instant is None:
        raise _refused(field, f"takes an ISO date, an instant or milliseconds, not {_kind(value)}")
    return instant


def _write_checkbox(field: Field, value: Any, _option_key: OptionKey) -> bool:
    checked = value if isinstance(value, bool) else BOOLEANS.get(str(value).strip().lower())
    if checked is None:
        raise _refused(field, f"takes true or false, not {_kind(value)}")
    return checked


def _write_dropdown(field: Field, value: Any, option_key: OptionKey) -> str:
    label = plain_text(value)
    if label is None:
        raise _refused(field, f"takes the label of one option, not {_kind(value)}")
    return option_key(label.strip())


def _write_tags(field: Field, value: Any, option_key: OptionKey) -> list[str]:
    labels = [plain_text(label) for label in (value if isinstance(value, list) else [value])]
    if None in labels:
        raise _refused(field, f"takes a list of labels, not {_kind(value)}")
    return list(dict.fromkeys(option_key(label.strip()) for label in labels if label and label.strip()))


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", str: "other text", list: "a list with other things", dict: "an object"}
    return kinds.get(type(value), "such a number")


def _refused(field: Field, reason: str) -> RecordRejected:
    known = ", ".join(repr(option.name) for option in field.options)
    options = f" (its options are {known})" if known else ""
    return RecordRejected(f"field {field.name!r} ({field.type}) {reason}{options}", code="bad_value")


@dataclass(frozen=True, slots=True)
class FieldType:
    """How a type of field is read and written, and how its decoded value looks.

    `encode` is None where the API does not take it. The schema has `x-sync` with the type to make the field with, where
    that can't be told from the look.
    """

    decode: Callable[[Field, Any, Naming], Any]
    encode: Callable[[Field, Any, OptionKey], Any] | None = None
    schema: Row | None = None


LINKS = FieldType(
    lambda field, value, naming: [name for key in keys_in(value) if (name := naming(LINKED[field.type], key))]
)
TEXT = FieldType(
    lambda _field, value, _naming: value if isinstance(value, str) else str(value),
    _write_text,
    {"type": ["string", "number", "null"]},
)
TYPES = {
    "TEXT_INPUT": TEXT,
    "DATE": FieldType(_read_date, _write_date, {"type": ["string", "null"], "format": "date-time"}),
    "CHECKBOX": FieldType(
        lambda _field, value, _naming: BOOLEANS.get(value.lower()) if isinstance(value, str) else value,
        _write_checkbox,
        {"type": ["boolean", "null"]},
    ),
    "DROPDOWN": FieldType(
        lambda field, value, _naming: field.labels.get(str(value)),
        _write_dropdown,
        {"type": ["string", "null"], "x-sync": {"field_type": "DROPDOWN"}},
    ),
    "TAG": FieldType(
        lambda field, value, _naming: [field.labels[key] for key in keys_in(value) if key in field.labels],
        _write_tags,
        {"type": ["array", "null"], "items": {"type": "string"}, "x-sync": {"field_type": "TAG"}},
    ),
    "PERSON": FieldType(_read_people),
    "TEAM_CONTACT": LINKS,
    "TEAM_ORGANIZATION": LINKS,
    "FORMULA": FieldType(lambda _field, value, _naming: value),
}
