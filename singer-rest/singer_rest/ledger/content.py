"""Records as text: what is compared, what is kept, and keys that any database takes."""

from __future__ import annotations

import math
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from singer_rest.errors import RecordRejected

LARGEST_RECORD = 1024 * 1024
LONGEST_KEY = 300

# for who looks after their errors: values_text and record_text say what they mean
encode_values = msgspec.json.Encoder(decimal_format="string", order="deterministic").encode
decode_values = msgspec.json.Decoder(dict[str, Any]).decode
encode_record = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode
_READ = msgspec.json.Decoder(float_hook=Decimal)


def _canonical_json(values: dict[str, Any]) -> bytes:
    try:
        return encode_values(values)
    except UnicodeEncodeError:
        raise RecordRejected("a text holds half a character (a lone surrogate)", "encoding") from None
    except RecursionError:
        raise RecordRejected("the record is nested too deeply", "nesting") from None


def content_hash(values: dict[str, Any]) -> str:
    """The same for equal values in any order of keys; decimals count by their digits. Raises RecordRejected."""
    return blake2b(_canonical_json(values), digest_size=16).hexdigest()


def canonical(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the ledger gives them back: plain JSON, decimals and instants as text."""
    return read_values(_canonical_json(values))


def values_text(values: dict[str, Any]) -> str:
    """The values as the ledger stores them."""
    return _canonical_json(values).decode()


def read_values(text: str | bytes) -> dict[str, Any]:
    """Stored values."""
    return decode_values(text)


def record_text(record: dict[str, Any]) -> str:
    """A whole record with its numbers as they came; whatever can't be kept says so in its place. Never raises."""
    try:
        data = _encode(record)
    except RecursionError:
        data = encode_record({"_left_out": "nested too deeply"})
    if len(data) > LARGEST_RECORD:
        data = encode_record({"_left_out": f"record of {len(data)} bytes"})
    return data.decode()


def _encode(record: dict[str, Any]) -> bytes:
    try:
        data = encode_record(record)
    except (UnicodeEncodeError, TypeError):
        return encode_record(_tidy(record))
    return encode_record(_tidy(record)) if b"NaN" in data or b"Infinity" in data else data


def _tidy(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_tidy(str(name)): _tidy(item) for name, item in value.items()}
        case list() | tuple():
            return [_tidy(item) for item in value]
        case Decimal() if not value.is_finite():
            return str(value)
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def read_record(text: str) -> dict[str, Any]:
    """A stored record; numbers with a point are Decimal."""
    record: dict[str, Any] = _READ.decode(text)
    return record


def key_text(key: str) -> str:
    """The key as every database takes it: no NUL, no half characters, an index's length; other keys stay other keys."""
    if len(key) <= LONGEST_KEY and "\0" not in key and key.isprintable():
        return key
    text = key.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
    if len(text) <= LONGEST_KEY:
        return text
    digest = blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{text[: LONGEST_KEY - len(digest) - 1]}…{digest}"
