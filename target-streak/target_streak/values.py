"""Custom field values as Streak wants them written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from singer_rest.errors import RecordRejected
from singer_rest.http.instants import ms_of_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_streak.pipelines import Field

    OptionKey = Callable[[str], str]

YES_OR_NO = {"true": True, "false": False}


def encode(field: Field, value: Any, option_key: OptionKey) -> Any:
    """Encode one value for one field; `option_key` gives the key of a label.

    Raises:
        RecordRejected: the field can't hold the value; the reason names the field and the kind of value.
    """
    if value is None or (value == "" and field.type != "TEXT_INPUT"):
        return [] if field.type == "TAG" else None
    encoder = ENCODERS.get(field.type)
    if encoder is None:
        raise _refused(field, f"is a {field.type} field, which can't be written through the API: leave it out")
    return encoder(field, value, option_key)


def plain_text(value: Any) -> str | None:
    """Give a scalar as text: decimals without exponent, `true`/`false`, ISO dates; None for anything else."""
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
    """Give milliseconds since the epoch for an ISO instant or date, or milliseconds; None for anything else.

    A date is its midnight in UTC, and so is an instant without an offset.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return int(value) if Decimal(value).is_finite() and value == int(value) else None
    if isinstance(value, date):
        return ms_of_text(value.isoformat())
    return ms_of_text(value.strip()) if isinstance(value, str) else None


def _text(field: Field, value: Any, _option_key: OptionKey) -> str:
    text = plain_text(value)
    if text is None:
        raise _refused(field, f"takes text or a number, not {_kind(value)}")
    return text


def _date(field: Field, value: Any, _option_key: OptionKey) -> int:
    instant = milliseconds(value)
    if instant is None:
        raise _refused(field, f"takes an ISO date, an instant or milliseconds, not {_kind(value)}")
    return instant


def _checkbox(field: Field, value: Any, _option_key: OptionKey) -> bool:
    checked = value if isinstance(value, bool) else YES_OR_NO.get(str(value).strip().lower())
    if checked is None:
        raise _refused(field, f"takes true or false, not {_kind(value)}")
    return checked


def _dropdown(field: Field, value: Any, option_key: OptionKey) -> str:
    label = plain_text(value)
    if label is None:
        raise _refused(field, f"takes the label of one option, not {_kind(value)}")
    return option_key(label.strip())


def _tags(field: Field, value: Any, option_key: OptionKey) -> list[str]:
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


ENCODERS: dict[str, Callable[[Field, Any, OptionKey], Any]] = {
    "TEXT_INPUT": _text,
    "DATE": _date,
    "CHECKBOX": _checkbox,
    "DROPDOWN": _dropdown,
    "TAG": _tags,
}
