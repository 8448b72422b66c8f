"""JSON as both systems write it: numbers with a point stay Decimal, with their digits."""

from decimal import Decimal
from typing import Any

import msgspec

_decoder = msgspec.json.Decoder(Any, float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """Parse JSON. Raises ValueError (msgspec.DecodeError) when it is none."""
    return _decoder.decode(body)


def encode(value: Any) -> bytes:
    """Write compact JSON; a Decimal becomes a number with the same digits."""
    return _encoder.encode(value)
