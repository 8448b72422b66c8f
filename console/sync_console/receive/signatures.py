"""How a shop shows that a delivery is its own: the schemes of site profiles."""

import base64
import hashlib
import hmac
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

SECRET_PREFIX = "whsec_"  # noqa: S105 - what all secrets of Standard Webhooks begin with
SIGNED_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
MAX_SIGNATURES = 16  # each costs a comparison
TOLERANCE_SECONDS = 300
SHORTEST_SECRET = 16


class ForgedError(Exception):
    """Not from a trusted sender, or not of now; the text says why and quotes nothing."""


class Signature(ABC):
    """One secret, and how deliveries are signed with it."""

    @abstractmethod
    def verified_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """The id of a delivery that is signed with the secret. ForgedError otherwise."""


class StandardWebhooks(Signature):
    """The scheme of Standard Webhooks."""

    def __init__(self, secret: str) -> None:
        """Take `whsec_…`. ValueError, which says what it is, for anything else."""
        text = secret.removeprefix(SECRET_PREFIX)
        try:
            key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
            problem = "" if key else "empty"
        except ValueError:
            problem = "not base64"
        if not secret.startswith(SECRET_PREFIX):
            problem = f"without {SECRET_PREFIX}"
        if problem:
            raise ValueError(f"a secret is {problem}; it is written {SECRET_PREFIX} and base64")
        self._key = Webhook(key)

    def verified_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Also for one of several signatures, within five minutes."""
        signed = {name: headers.get(name, "") for name in SIGNED_HEADERS}
        signatures = signed["webhook-signature"].split(" ")[:MAX_SIGNATURES]
        # the library stumbles over signatures of another form
        signed["webhook-signature"] = " ".join(filter(SIGNATURE.fullmatch, signatures))
        try:
            self._key.verify(body, signed, json_parse=False)
        except WebhookVerificationError as error:
            raise ForgedError(f"{error}, or a clock is wrong" if "timestamp" in str(error) else str(error)) from None
        except ValueError:  # its text may quote what was sent
            raise ForgedError("what was signed can't be read") from None
        return signed["webhook-id"]


class SecretInHeader(Signature):
    """A header that carries the secret, or an HMAC of the body with it."""

    def __init__(self, secret: str, how: Mapping[str, Any]) -> None:
        """Take the secret and the profile's `signature`. ValueError for a secret that is too short."""
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
        self._secret, self._how = secret.encode(), how

    def verified_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Within five minutes, where the time is sent; without an id of its own a delivery is known by its body."""
        given = headers.get(self._how["header"], "").encode(errors="replace")
        expected = self._how.get("prefix", "").encode() + self._expected(headers, body)
        if not hmac.compare_digest(given, expected):
            raise ForgedError("no matching signature" if given else f"no header {self._how['header']}")
        self._check_time(headers)
        named = headers.get(self._how.get("id", ""), "") if self._how.get("id") else ""
        return named or hashlib.sha256(body).hexdigest()

    def _expected(self, headers: Mapping[str, str], body: bytes) -> bytes:
        if self._how["scheme"] == "token":
            return self._secret
        parts = {"timestamp": self._header(headers, "timestamp"), "id": self._header(headers, "id"), "body": body}
        signed = re.sub(
            rb"\{(timestamp|id|body)\}",
            lambda part: parts[part[1].decode()],
            self._how.get("signed", "{body}").encode(),
        )
        digest = hmac.new(self._secret, signed, hashlib.sha256)
        return (
            base64.b64encode(digest.digest()) if self._how.get("encoding") == "base64" else digest.hexdigest().encode()
        )

    def _check_time(self, headers: Mapping[str, str]) -> None:
        if not self._how.get("timestamp"):
            return
        sent = self._header(headers, "timestamp")
        if not re.fullmatch(rb"\d{1,12}", sent) or abs(time.time() - int(sent)) > TOLERANCE_SECONDS:
            raise ForgedError("the timestamp is too old or too new, or a clock is wrong")

    def _header(self, headers: Mapping[str, str], name: str) -> bytes:
        return headers.get(self._how.get(name, ""), "").encode(errors="replace") if self._how.get(name) else b""


def signature_of(secret: str, how: Mapping[str, Any]) -> Signature:
    """What verifies with one secret by a profile's `signature`. ValueError for a secret that can't be meant."""
    return StandardWebhooks(secret) if how["scheme"] == "standard_webhooks" else SecretInHeader(secret, how)
