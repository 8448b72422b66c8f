"""What webhooks are known by: read from the settings, and refused when it can't be meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from sync_console.settings import described, variable
from sync_console.signatures import PREFIX, secret_key

if TYPE_CHECKING:
    from sync_console.settings import Settings

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")
MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def clarity_keys(settings: Settings) -> list[bytes]:
    """What Clarity signs with, the newest first."""
    return [_key(secret) for secret in _two(settings, "clarity_secrets")]


def streak_tokens(settings: Settings) -> list[str]:
    """Parts of the address that Streak posts to, the newest first."""
    tokens = _two(settings, "streak_tokens")
    if not all(TOKEN.fullmatch(token) for token in tokens):
        raise click.ClickException(
            f"{variable('streak_tokens')}: a token has at least 16 letters, digits, - or _; make one: {MAKE_ONE}"
        )
    return tokens


def _two(settings: Settings, name: str) -> list[str]:
    given: list[str] = getattr(settings, name).split()
    if len(given) > 2:
        raise click.ClickException(f"{variable(name)} holds more than two. {described(name)['description']}")
    return given


def _key(secret: str) -> bytes:
    try:
        return secret_key(secret if secret.startswith(PREFIX) else "")
    except ValueError as error:
        wrong = error if secret.startswith(PREFIX) else f"without {PREFIX}"
        raise click.ClickException(
            f"{variable('clarity_secrets')}: a secret is {wrong}; it is written {PREFIX} and base64"
        ) from None
