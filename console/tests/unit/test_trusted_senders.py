"""Who may post: signatures of the shop, tokens of Streak, and settings that can't be meant."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from sync_console.receive.signatures import ForgedError
from sync_console.receive.trusted_senders import TrustedSenders
from sync_console.settings import Settings

OLD, NEW = (f"whsec_{base64.b64encode(text).decode()}" for text in (b"the old secret", b"the new secret"))
TOKENS = "new-token-new-token-new old-token-old-token-old"
BODY = b'{"type":"order.created"}'
NONSENSE = st.dictionaries(
    st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=20),
    min_size=1,
)


def senders(secrets: str = f"{NEW} {OLD}", tokens: str = TOKENS) -> TrustedSenders:
    return TrustedSenders.of(Settings(clarity_secrets=secrets, streak_tokens=tokens))


def signed(secret: str = NEW, *, age: float = 0, body: bytes = BODY) -> dict[str, str]:
    sent_at = int(time.time() - age)
    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(sent_at, UTC), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(sent_at), "webhook-signature": signature}


def refusal(headers: dict[str, str], body: bytes = BODY) -> str:
    with pytest.raises(ForgedError) as refused:
        senders().verified_id(headers, body)
    return str(refused.value)


@pytest.mark.parametrize("secret", [OLD, NEW])
@pytest.mark.parametrize("age", [0, 280, -280])
def test_either_key_verifies_within_five_minutes(secret: str, age: float) -> None:
    assert senders().verified_id(signed(secret, age=age), BODY) == "msg_1"


@pytest.mark.parametrize("age", [310, -310, 10**6])
def test_another_time_is_refused_and_a_clock_is_suspected(age: float) -> None:
    assert "or a clock is wrong" in refusal(signed(age=age))


def test_another_key_body_or_id_is_refused() -> None:
    stranger = f"whsec_{base64.b64encode(b'stranger').decode()}"
    for headers, body in (
        (signed(stranger), BODY),
        (signed(), BODY + b" "),
        (signed() | {"webhook-id": "msg_2"}, BODY),
    ):
        assert refusal(headers, body) == "No matching signature found"


@pytest.mark.parametrize(
    "others", ["v2,AAAA", "v1a,AAAA", "v1,AAAA", "v1,!!!", "v1", ",", "v1,a,b", "é", "v1,=", "v1,A"]
)
def test_one_good_signature_among_others_is_enough(others: str) -> None:
    headers = signed()
    good = headers["webhook-signature"]
    for listed in (f"{others} {good}", f"{good} {others}", f"  {good}"):
        assert senders().verified_id(headers | {"webhook-signature": listed}, BODY) == "msg_1"


def test_a_long_list_of_signatures_is_not_read_to_its_end() -> None:
    listed = f"v1,{'A' * 43}= " * 16 + signed()["webhook-signature"]
    assert refusal(signed() | {"webhook-signature": listed}) == "No matching signature found"


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = signed()
    del headers[missing]
    assert refusal(headers) == "Missing required headers"


@given(NONSENSE, st.binary(max_size=50))
def test_nonsense_is_refused_and_never_quoted(headers: dict[str, str], body: bytes) -> None:
    reason = refusal(signed() | headers, body)
    assert reason in {
        "Missing required headers",
        "Invalid Signature Headers",
        "Message timestamp too old, or a clock is wrong",
        "Message timestamp too new, or a clock is wrong",
        "No matching signature found",
        "what was signed can't be read",
    }


@pytest.mark.parametrize("secret", ["whsec_AAAA", "whsec_AAA=", "whsec_AAA"])
def test_secrets_are_read_as_they_are_written(secret: str) -> None:
    assert senders(secret).verified_id(signed(secret), BODY) == "msg_1"


@pytest.mark.parametrize("token", TOKENS.split())
def test_either_token_is_known(token: str) -> None:
    senders().check_tokens([token])
    senders().check_tokens([token, token])


@pytest.mark.parametrize("token", ["", "guess", TOKENS, "é\x00", "\udcff", "new-token-new-token-ne"])
def test_any_other_token_is_not(token: str) -> None:
    for tokens in ([token], [TOKENS.split(maxsplit=1)[0], token]):
        with pytest.raises(ForgedError, match="a wrong token"):
            senders().check_tokens(tokens)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clarity_secrets": "whsec_A"}, "SYNC_CONSOLE_CLARITY_SECRETS: a secret is not base64"),
        ({"clarity_secrets": "whsec_plain!"}, "a secret is not base64"),
        ({"clarity_secrets": "whsec_ÄÄÄÄ"}, "a secret is not base64"),
        ({"clarity_secrets": "whsec_AA==AA"}, "a secret is not base64"),
        ({"clarity_secrets": "whsec_"}, "a secret is empty"),
        ({"clarity_secrets": "plain"}, "a secret is without whsec_"),
        ({"clarity_secrets": "a b c"}, "SYNC_CONSOLE_CLARITY_SECRETS holds more than two"),
        ({"streak_tokens": "short"}, "SYNC_CONSOLE_STREAK_TOKENS: a token has at least 16"),
        ({"streak_tokens": "a b c"}, "SYNC_CONSOLE_STREAK_TOKENS holds more than two"),
    ],
)
def test_a_secret_that_cannot_be_meant_is_refused_and_not_shown(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(click.ClickException, match=message) as refused:
        TrustedSenders.of(Settings(**settings))
    assert "plain" not in refused.value.message
