"""Our verifier and the `standardwebhooks` package agree on who signed what, and when."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from sync_console.signatures import ForgedError, secret_key, verified

KEYS = st.binary(min_size=1, max_size=64)
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
BODIES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
AGES = st.one_of(st.integers(-290, 290), st.integers(310, 10**6), st.integers(-(10**6), -310))
CHANGES = st.dictionaries(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
    st.one_of(st.just(""), st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)),
    max_size=1,
)


def written(key: bytes) -> str:
    return f"whsec_{base64.b64encode(key).decode()}"


def signed(key: bytes, message_id: str, body: str, age: int = 0, now: float | None = None) -> dict[str, str]:
    sent_at = int(now or time.time()) - age
    signature = Webhook(written(key)).sign(message_id, datetime.fromtimestamp(sent_at, UTC), body)
    return {"webhook-id": message_id, "webhook-timestamp": str(sent_at), "webhook-signature": signature}


def ours(keys: list[bytes], headers: dict[str, str], body: str) -> bool:
    try:
        verified(keys, headers, body.encode(), time.time())
    except ForgedError:
        return False
    return True


def theirs(key: bytes, headers: dict[str, str], body: str) -> bool:
    try:
        Webhook(written(key)).verify(body, headers, json_parse=False)
    except Exception:  # noqa: BLE001  # hostile headers leave it with errors of every kind
        return False
    return True


@given(KEYS, IDS, BODIES, AGES)
def test_what_they_sign_we_take_as_long_as_they_do(key: bytes, message_id: str, body: str, age: int) -> None:
    headers = signed(key, message_id, body, age)
    assert ours([key], headers, body) == theirs(key, headers, body) == (abs(age) < 300)


@given(KEYS, KEYS, IDS, BODIES, BODIES)
def test_another_key_or_body_is_refused_by_both(key: bytes, other: bytes, id_: str, body: str, changed: str) -> None:
    assume(key.rstrip(b"\0") != other.rstrip(b"\0"))  # HMAC fills keys up with zeros
    assume(body != changed)
    headers = signed(key, id_, body)
    assert (ours([other], headers, body), theirs(other, headers, body)) == (False, False)
    assert (ours([key], headers, changed), theirs(key, headers, changed)) == (False, False)


@given(KEYS, IDS, BODIES, CHANGES)
def test_what_they_refuse_of_changed_headers_we_refuse(
    key: bytes, id_: str, body: str, changes: dict[str, str]
) -> None:
    headers = signed(key, id_, body) | changes
    assert ours([key], headers, body) <= theirs(key, headers, body)


@given(st.lists(KEYS, min_size=1, max_size=4, unique_by=lambda key: key.rstrip(b"\0")), IDS, BODIES, st.data())
def test_one_good_signature_of_several_is_enough(keys: list[bytes], id_: str, body: str, data: st.DataObject) -> None:
    now = time.time()
    every = [signed(key, id_, body, now=now)["webhook-signature"] for key in keys]
    listed = " ".join(data.draw(st.permutations([*every, "v2,AAAA", "v1a,AAAA", "v1,AAAA"])))
    headers = signed(keys[0], id_, body, now=now) | {"webhook-signature": listed}
    for key in keys:
        assert ours([b"unknown", key], headers, body)
        assert theirs(key, headers, body)


@pytest.mark.parametrize("written_", ["whsec_AAAA", "AAAA", "whsec_AAA=", "whsec_AAA"])
def test_secrets_are_read_as_they_are_written(written_: str) -> None:
    headers = {"webhook-id": "1", "webhook-timestamp": str(int(time.time()))}
    signature = Webhook(written_).sign("1", datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC), "x")
    assert ours([secret_key(written_)], headers | {"webhook-signature": signature}, "x")


@pytest.mark.parametrize("nonsense", ["", "whsec_", "whsec_A", "whsec_AA AA", "whsec_ÄÄÄÄ", "whsec_AA==AA"])
def test_what_is_no_secret_is_said(nonsense: str) -> None:
    with pytest.raises(ValueError, match=r"base64|empty"):
        secret_key(nonsense)
