"""Who may post webhooks: the shop by its signature (Standard Webhooks), Streak by a token in the address."""

import base64
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import click
from standardwebhooks import Webhook, WebhookVerificationError

from sync_console.settings import DECLARED, Settings, variable

SECRET_PREFIX = "whsec_"  # noqa: S105 - what all secrets begin with
SIGNED_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
MAX_SIGNATURES = 16  # each costs a comparison
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")
MAKE_TOKEN = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"  # noqa: S105 - a command that makes one


class ForgedError(Exception):
    """Not from a trusted sender, or not of now; the text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class TrustedSenders:
    """The name and the keys of the shop, the tokens of Streak; the newest key and token first."""

    clarity_hook: str
    clarity_keys: Sequence[Webhook]
    streak_tokens: Sequence[str]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the settings. ClickException for a secret or a token that can't be meant."""
        keys = [_key(secret) for secret in _at_most_two(settings, "clarity_secrets")]
        tokens = _at_most_two(settings, "streak_tokens")
        if not all(TOKEN.fullmatch(token) for token in tokens):
            rule = f"a token has at least 16 letters, digits, - or _; make one: {MAKE_TOKEN}"
            raise click.ClickException(f"{variable('streak_tokens')}: {rule}")
        return cls(settings.clarity_hook, keys, tokens)

    def verified_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Id of a delivery that the shop signed with one of its keys within five minutes. ForgedError otherwise."""
        signed = {name: headers.get(name, "") for name in SIGNED_HEADERS}
        signatures = signed["webhook-signature"].split(" ")[:MAX_SIGNATURES]
        # the library stumbles over signatures of another form
        signed["webhook-signature"] = " ".join(filter(SIGNATURE.fullmatch, signatures))
        reason: Exception | None = None
        for key in self.clarity_keys:
            try:
                key.verify(body, signed, json_parse=False)
            except (WebhookVerificationError, ValueError) as error:
                reason = error
            else:
                return signed["webhook-id"]
        raise ForgedError(_reason(reason))

    def check_tokens(self, given: Iterable[str]) -> None:
        """Raise ForgedError unless each is one of Streak's tokens; takes as long for a near miss."""
        texts = (text.encode(errors="replace") for text in given)
        if not all(any(hmac.compare_digest(text, token.encode()) for token in self.streak_tokens) for text in texts):
            raise ForgedError("a wrong token")


def _reason(error: Exception | None) -> str:
    """In the words of the library; those of another error may quote what was sent."""
    if not isinstance(error, WebhookVerificationError):
        return "what was signed can't be read"
    return f"{error}, or a clock is wrong" if "timestamp" in str(error) else str(error)


def _at_most_two(settings: Settings, name: str) -> list[str]:
    values: list[str] = getattr(settings, name).split()
    if len(values) > 2:
        raise click.ClickException(f"{variable(name)} holds more than two. {DECLARED[name]['description']}")
    return values


def _key(secret: str) -> Webhook:
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        problem = "" if key else "empty"
    except ValueError:
        problem = "not base64"
    if not secret.startswith(SECRET_PREFIX):
        problem = f"without {SECRET_PREFIX}"
    if problem:
        rule = f"a secret is {problem}; it is written {SECRET_PREFIX} and base64"
        raise click.ClickException(f"{variable('clarity_secrets')}: {rule}")
    return Webhook(key)
