"""The Standard Webhooks signature: who sent this, and when."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
VERSION = "v1,"
TOLERANCE_SECONDS = 300
SECONDS = re.compile(r"[0-9]{1,12}")
MOST_SIGNATURES = 16  # each costs a comparison


class ForgedError(Exception):
    """Not from the sender, or too old; the text says why and quotes nothing."""


def secret_key(written: str) -> bytes:
    """Read a secret as vendors write it, whsec_ and base64; ValueError when it is none."""
    text = written.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if not key:
        raise ValueError("empty")
    return key


def verified(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Give the delivery's id when one of the keys signed it lately; ForgedError otherwise."""
    message_id, sent_at, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (message_id and sent_at and given):
        raise ForgedError("a header of the signature is missing")
    if not SECONDS.fullmatch(sent_at) or abs(now - int(sent_at)) > TOLERANCE_SECONDS:
        raise ForgedError("sent too long ago, or a clock is wrong")
    content = f"{message_id}.{sent_at}.".encode("latin-1") + body
    expected = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in keys]
    if not any(_is_one_of(expected, signature) for signature in given.split(" ")[:MOST_SIGNATURES]):
        raise ForgedError("no signature fits")
    return message_id


def _is_one_of(expected: Sequence[bytes], signature: str) -> bool:
    given = signature.removeprefix(VERSION).encode("latin-1")
    return signature.startswith(VERSION) and any(hmac.compare_digest(given, one) for one in expected)
