"""The settings of all commands, each declared once; read from the environment and from .env."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import click
from dotenv import dotenv_values

PREFIX = "SYNC_CONSOLE_"
KINDS = {"str": str, "int": int}
JSON_TYPES = {"str": "string", "int": "integer"}
MAX_PORT = 65535


def setting(default: Any, title: str, description: str, *, secret: bool = False, **limits: int) -> Any:
    """Declare a setting; an empty default means that there is none. `limits`: minimum and maximum of a number."""
    return field(default=default, metadata={"title": title, "description": description, "secret": secret, **limits})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of all commands; each is the environment variable SYNC_CONSOLE_ and its name in capitals."""

    database: str = setting(
        "sync-console.db",
        "Database",
        "SQLite file with the deliveries of the last days; on a local disk, not on a network drive",
    )
    retention_days: int = setting(30, "Days to keep", "A delivery is forgotten after so many days", minimum=1)
    hooks_host: str = setting(
        "127.0.0.1", "Address for webhooks", "Where webhooks are taken in; loopback, behind a proxy that speaks TLS"
    )
    hooks_port: int = setting(
        8710, "Port for webhooks", "Port for webhooks; 0 takes a free one", minimum=0, maximum=MAX_PORT
    )
    clarity_hook: str = setting(
        "shop", "Name of the shop", "Last part of the address that Clarity posts to: /hooks/clarity/NAME"
    )
    clarity_secrets: str = setting(
        "",
        "Secrets of the shop",
        "What Clarity signs with, written whsec_…; during a change two, the new one first, with a space between",
        secret=True,
    )
    streak_tokens: str = setting(
        "",
        "Tokens of Streak",
        "Unguessable part of the address that Streak posts to; during a change two, the new one first, with a space "
        "between",
        secret=True,
    )
    feed_host: str = setting("127.0.0.1", "Address of the feed", "Where taps read the feed; keep it on loopback")
    feed_port: int = setting(
        8711, "Port of the feed", "Port of the feed; 0 takes a free one", minimum=0, maximum=MAX_PORT
    )
    feed_token: str = setting(
        "", "Token of the feed", "Bearer token that readers of the feed send: events_token of the taps", secret=True
    )

    public_url: str = setting(
        "",
        "Public address",
        "Where the vendors reach the receiver, such as https://hooks.example.com: what `webhooks sync` registers",
    )
    live_requests_per_second: int = setting(
        4,
        "Share of the live pipelines",
        "What the live pipelines together may ask Streak a second; scheduled runs have their own requests_per_second",
    )
    live_folder: str = setting(
        ".meltano/run/live",
        "Folder of the supervisor",
        "Where `live` keeps its lock and its heartbeat; one supervisor per folder",
    )

    def need(self, name: str) -> str:
        """The value of a setting that the command can't do without. ClickException where it is empty."""
        value: str = getattr(self, name)
        if not value:
            raise click.ClickException(f"{variable(name)} is not set: {described(name)['description']}")
        return value


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def described(name: str) -> dict[str, Any]:
    """Title, description and default of a setting, as JSON Schema."""
    properties: dict[str, dict[str, Any]] = schema()["properties"]
    return properties[name]


def schema() -> dict[str, Any]:
    """All settings as JSON Schema, in the form that the plugins print."""
    return {"type": "object", "properties": {declared.name: _property(declared) for declared in fields(Settings)}}


def _property(declared: Any) -> dict[str, Any]:
    schema = {"type": JSON_TYPES[declared.type], **declared.metadata}
    if not schema["secret"]:
        del schema["secret"]
    return schema if declared.default == "" else schema | {"default": declared.default}


def read(env_file: str | None) -> Settings:
    """Read the settings; the environment wins over the file."""
    variables: Mapping[str, str | None] = {**(dotenv_values(env_file) if env_file else {}), **os.environ}
    values = {declared.name: _value(declared, variables.get(variable(declared.name))) for declared in fields(Settings)}
    return Settings(**values)


def _value(declared: Any, text: str | None) -> Any:
    if text is None or not text.strip():
        return declared.default
    try:
        value = KINDS[declared.type](text.strip())
    except ValueError:
        raise click.ClickException(f"{variable(declared.name)} must be a whole number, not {text!r}") from None
    minimum, maximum = declared.metadata.get("minimum"), declared.metadata.get("maximum")
    if minimum is not None and not minimum <= value <= (value if maximum is None else maximum):
        allowed = f"{minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
        raise click.ClickException(f"{variable(declared.name)} must be {allowed}, not {value}")
    return value
