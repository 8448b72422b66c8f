"""Who may post webhooks: the shop by its signature (as its site profile says), Streak by a token in the address."""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import click
from clarity_api.profile import load_profile
from clarity_api.webhooks import WebhookProfile
from singer_rest import FatalRunError

from sync_console.receive.signatures import ForgedError, Signature, signature_of
from sync_console.settings import DECLARED, Settings, variable

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")
MAKE_TOKEN = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"  # noqa: S105 - a command that makes one


@dataclass(frozen=True, slots=True)
class TrustedSenders:
    """The name and the keys of the shop and how it tells events, the tokens of Streak; the newest ones first."""

    clarity_hook: str
    clarity_keys: Sequence[Signature]
    clarity_webhooks: WebhookProfile | None
    streak_tokens: Sequence[str]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the settings. ClickException for a secret or a token that can't be meant."""
        webhooks = _webhooks(settings)
        secrets = _at_most_two(settings, "clarity_secrets")
        try:
            keys = [signature_of(secret, webhooks.signature) for secret in secrets] if webhooks else []
        except ValueError as problem:
            raise click.ClickException(f"{variable('clarity_secrets')}: {problem}") from None
        tokens = _at_most_two(settings, "streak_tokens")
        if not all(TOKEN.fullmatch(token) for token in tokens):
            rule = f"a token has at least 16 letters, digits, - or _; make one: {MAKE_TOKEN}"
            raise click.ClickException(f"{variable('streak_tokens')}: {rule}")
        return cls(settings.clarity_hook, keys, webhooks, tokens)

    def verified_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Id of a delivery that the shop signed with one of its keys within five minutes. ForgedError otherwise."""
        reason = ForgedError("no secret is set")
        for key in self.clarity_keys:
            try:
                return key.verified_id(headers, body)
            except ForgedError as forged:
                reason = forged
        raise reason

    def check_tokens(self, given: Iterable[str]) -> None:
        """Raise ForgedError unless each is one of Streak's tokens; takes as long for a near miss."""
        texts = (text.encode(errors="replace") for text in given)
        if not all(any(hmac.compare_digest(text, token.encode()) for token in self.streak_tokens) for text in texts):
            raise ForgedError("a wrong token")


def _webhooks(settings: Settings) -> WebhookProfile | None:
    """How the shop tells events; None where its secrets are not set."""
    if not settings.clarity_secrets:
        return None
    try:
        return WebhookProfile(load_profile({"site_profile": settings.site_profile}))
    except FatalRunError as error:
        raise click.ClickException(f"{variable('site_profile')}: {error}") from None


def _at_most_two(settings: Settings, name: str) -> list[str]:
    values: list[str] = getattr(settings, name).split()
    if len(values) > 2:
        raise click.ClickException(f"{variable(name)} holds more than two. {DECLARED[name]['description']}")
    return values
