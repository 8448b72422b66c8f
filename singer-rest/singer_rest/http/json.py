"""JSON as APIs speak it: decoded without floats, encoded with the digits that a number has."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from singer_rest.errors import RecordRejected

# Python refuses to make an int of more digits
LONGEST_INT = 4300

# for who looks after their errors
fast_decode = msgspec.json.Decoder(float_hook=Decimal).decode
fast_encode = msgspec.json.Encoder(decimal_format="number").encode


def decode(body: bytes) -> Any:
    """The value of a JSON text in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Numbers with a point are Decimal, whole numbers keep all their digits, half a surrogate pair becomes `?`.
    Raises ValueError for what is no JSON: NaN, other encodings, nesting without end.
    """
    try:
        return fast_decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        return _repaired(json.loads(body, parse_float=Decimal, parse_int=_whole, parse_constant=_refuse))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode(content: Any) -> bytes:
    """JSON in UTF-8. Raises RecordRejected for what has none."""
    try:
        return fast_encode(content)
    except UnicodeEncodeError:
        raise RecordRejected("a text holds half a character (a lone surrogate)", "encoding") from None
    except RecursionError:
        raise RecordRejected("the record is nested too deeply", "nesting") from None


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < LONGEST_INT else Decimal(digits)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _repaired(value: Any) -> Any:
    """The value with texts that UTF-8 can carry."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, list):
        return [_repaired(item) for item in value]
    if isinstance(value, dict):
        return {_repaired(name): _repaired(item) for name, item in value.items()}
    return value
