"""Records and keys as texts that any database takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from singer_rest.errors import RecordRejected
from singer_rest.ledger import canonical, content_hash
from singer_rest.ledger.content import key_text, read_record, record_text


def test_contents_are_equal_in_any_order() -> None:
    assert content_hash({"a": Decimal("1.0"), "b": 1}) == content_hash({"b": 1, "a": Decimal("1.0")})
    assert content_hash({"a": Decimal("1.0")}) != content_hash({"a": Decimal("1.00")})
    assert canonical({"a": Decimal("1.0")}) == {"a": "1.0"}
    with pytest.raises(RecordRejected, match="half a character"):
        content_hash({"a": "\ud800"})


def test_records_are_kept_whatever_they_hold() -> None:
    assert read_record(record_text({"a": Decimal("1.50")})) == {"a": Decimal("1.50")}
    assert read_record(record_text({"a": float("nan"), "b": "\ud800"})) == {"a": "nan", "b": "\\ud800"}
    assert read_record(record_text({"a": "x" * (1 << 21)})) == {"_left_out": f"record of {(1 << 21) + 8} bytes"}


def test_keys_that_any_database_takes() -> None:
    assert key_text("a-1") == "a-1"
    assert key_text("a\0b") == "a\\x00b"
    long = [key_text("x" * 400 + end) for end in "ab"]
    assert [len(key) for key in long] == [300, 300]
    assert long[0] != long[1]
