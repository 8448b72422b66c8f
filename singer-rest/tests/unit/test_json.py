"""JSON of any encoding that it may have is read, without floats; what is none is refused."""

from __future__ import annotations

import codecs
from decimal import Decimal
from typing import Any

import pytest
from singer_rest.errors import RecordRejected
from singer_rest.http.json import decode, encode

TEXT = '{"name":"Zoë 🚀","total":208.380,"n":3}'
VALUE = {"name": "Zoë 🚀", "total": Decimal("208.380"), "n": 3}


@pytest.mark.parametrize(
    "body",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("utf-32-be"),
    ],
    ids=["utf-8", "byte order mark", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"],
)
def test_every_encoding_of_json(body: bytes) -> None:
    assert decode(body) == VALUE
    assert str(decode(body)["total"]) == "208.380"


@pytest.mark.parametrize("text", ["1e400", "-0.10", "1E2", "12345678901234567890.123456789"])
def test_numbers_keep_their_digits(text: str) -> None:
    for body in (text.encode(), text.encode("utf-16")):
        assert isinstance(decode(body), Decimal)
        assert decode(body) == Decimal(text)


@pytest.mark.parametrize("digits", [18, 19, 20, 25, 100, 5000])
def test_whole_numbers_of_any_length(digits: int) -> None:
    for sign in ("", "-"):
        text = sign + "9" * digits
        for body in (text.encode(), text.encode("utf-16")):
            assert encode(decode(body)) == text.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"NaN",
        b'{"total":NaN}',
        b"[Infinity]",
        b"-Infinity",
        b'{"ok":tr',
        b'{"name":"Z\xeb"}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"\xff\xfe",
        b"{} {}",
    ],
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(body)


def test_half_a_character_becomes_a_question_mark() -> None:
    assert decode(rb'{"a\ud83d":["x\ud83d\ude80 \ud83dy",{"b":"\udc00"}]}') == {"a?": ["x🚀 ?y", {"b": "?"}]}


def test_money_is_sent_as_it_is() -> None:
    assert encode({"total": Decimal("1330735.70"), "n": 2**70}) == b'{"total":1330735.70,"n":1180591620717411303424}'


def test_what_can_not_be_sent() -> None:
    deep: Any = []
    for _ in range(10_000):
        deep = [deep]
    with pytest.raises(RecordRejected, match="nested too deeply"):
        encode(deep)
    with pytest.raises(RecordRejected, match="half a character"):
        encode({"name": "\ud800"})
