"""The schemes of site profiles: what is signed, when, and what is refused in words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

import pytest
from sync_console.receive.signatures import ForgedError, signature_of

SECRET = "a secret of some length"
BODY = b'{"topic":"OrderCreated"}'
HMAC: dict[str, Any] = {
    "scheme": "hmac_sha256",
    "header": "X-Sig",
    "prefix": "sha256=",
    "signed": "{timestamp}.{id}.{body}",
    "timestamp": "X-Time",
    "id": "X-Id",
}


def digest(content: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def headers(age: float = 0, body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    sent = str(int(time.time() - age))
    return {"X-Time": sent, "X-Id": "d-1", "X-Sig": f"sha256={digest(f'{sent}.d-1.'.encode() + body, secret).hex()}"}


def test_an_hmac_over_time_id_and_body() -> None:
    assert signature_of(SECRET, HMAC).verified_id(headers(), BODY) == "d-1"


@pytest.mark.parametrize(
    ("given", "body", "why"),
    [
        (headers(), BODY + b" ", "no matching signature"),
        (headers(secret="another secret, also long"), BODY, "no matching signature"),
        (headers() | {"X-Id": "d-2"}, BODY, "no matching signature"),
        (headers(age=400), BODY, "too old or too new"),
        (headers(age=-400), BODY, "too old or too new"),
        ({}, BODY, "no header X-Sig"),
        ({"X-Sig": "sha256=ä"}, BODY, "no matching signature"),
    ],
)
def test_what_is_refused(given: dict[str, str], body: bytes, why: str) -> None:
    with pytest.raises(ForgedError, match=why):
        signature_of(SECRET, HMAC).verified_id(given, body)


def test_without_an_id_a_delivery_is_known_by_its_body() -> None:
    how = {"scheme": "hmac_sha256", "header": "X-Sig", "encoding": "base64"}
    signed = {"X-Sig": base64.b64encode(digest(BODY)).decode()}
    first, again = (signature_of(SECRET, how).verified_id(signed, BODY) for _ in range(2))
    other = {"X-Sig": base64.b64encode(digest(b"{}")).decode()}
    assert first == again != signature_of(SECRET, how).verified_id(other, b"{}")


def test_a_body_that_looks_like_a_part_is_signed_as_it_is() -> None:
    body = b"{timestamp}{id}{body}"
    assert signature_of(SECRET, HMAC).verified_id(headers(body=body), body) == "d-1"


def test_the_secret_itself_in_a_header() -> None:
    key = signature_of(SECRET, {"scheme": "token", "header": "X-Token", "prefix": "Bearer "})
    assert key.verified_id({"X-Token": f"Bearer {SECRET}"}, BODY)
    for wrong in ({}, {"X-Token": SECRET}, {"X-Token": "Bearer no"}):
        with pytest.raises(ForgedError):
            key.verified_id(wrong, BODY)


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="at least 16"):
        signature_of("short", HMAC)
