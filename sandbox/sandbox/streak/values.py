"""Values of custom fields: what Streak takes for each type of field, kept as written."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.streak.call import nested
from sandbox.streak.errors import bad_request
from sandbox.streak.fields import options
from sandbox.streak.people import named_members
from sandbox.streak.write_bends import clears

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.streak.store import Record, Store


def apply_values(store: Store, box_fields: Record, pipeline: Record, values: Any) -> Record:
    """The box's fields with `values` merged in; raises Refused and changes nothing when one is wrong."""
    values = nested(values)
    if not isinstance(values, dict):
        raise bad_request("fields must be an object")
    known = {field["key"]: field for field in pipeline["fields"]}
    merged = dict(box_fields)
    for key, value in values.items():
        if key not in known:
            raise bad_request(f"Unknown field key: {key}")
        if not clears(store, value):
            continue
        merged.pop(key, None)
        if value is not None and value != "":
            merged[key] = checked(store, pipeline, known[key], value)
    return merged


def checked(store: Store, pipeline: Record, field: Record, value: Any) -> Any:
    """A value in the encoding of the field's type; raises Refused otherwise."""
    kept = CHECKS[field["type"]](store, pipeline, field, value)
    if kept is None:
        raise bad_request(f"Invalid value for field {field['key']} of type {field['type']}")
    return kept


def _text(_store: Store, _pipeline: Record, _field: Record, value: Any) -> Any:
    return value if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool) else None


def _date(_store: Store, _pipeline: Record, _field: Record, value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _checkbox(_store: Store, _pipeline: Record, _field: Record, value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _dropdown(_store: Store, _pipeline: Record, field: Record, value: Any) -> Any:
    key = str(value) if isinstance(value, int) else value
    return key if isinstance(key, str) and key in options(field) else None


def _tag(_store: Store, _pipeline: Record, field: Record, value: Any) -> Any:
    known = options(field)
    return value if isinstance(value, list) and all(isinstance(tag, str) and tag in known for tag in value) else None


def _person(store: Store, pipeline: Record, _field: Record, value: Any) -> Any:
    return value if named_members(store, pipeline["teamKey"], value) is not None else None


def _linked(noun: str) -> Callable[[Store, Record, Record, Any], Any]:
    def check(store: Store, _pipeline: Record, _field: Record, value: Any) -> Any:
        if not isinstance(value, list):
            return None
        for link in value:
            store.referred(noun, link.get("key") if isinstance(link, dict) else link)
        return value

    return check


def _formula(_store: Store, _pipeline: Record, _field: Record, _value: Any) -> Any:
    return None


CHECKS: dict[str, Callable[[Store, Record, Record, Any], Any]] = {
    "TEXT_INPUT": _text,
    "DATE": _date,
    "CHECKBOX": _checkbox,
    "DROPDOWN": _dropdown,
    "TAG": _tag,
    "PERSON": _person,
    "TEAM_CONTACT": _linked("contacts"),
    "TEAM_ORGANIZATION": _linked("organizations"),
    "FORMULA": _formula,
}
