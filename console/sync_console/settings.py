"""The settings of all commands: declared in `settings.json`, read from the environment and from .env."""

import json
import os
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import click
from dotenv import dotenv_values

DECLARED: dict[str, dict[str, Any]] = json.loads(files("sync_console").joinpath("settings.json").read_text("utf-8"))


class Settings(SimpleNamespace):
    """Settings of all commands; each is the environment variable SYNC_CONSOLE_ and its name in capitals."""

    def __init__(self, **values: Any) -> None:
        """Take the values of some; the others have their default, which is empty where there is none."""
        super().__init__(**{name: setting.get("default", "") for name, setting in DECLARED.items()} | values)

    def need(self, name: str) -> str:
        """The value of a setting that the command can't do without. ClickException where it is empty."""
        value: str = getattr(self, name)
        if not value:
            raise click.ClickException(f"{variable(name)} is not set: {DECLARED[name]['description']}")
        return value


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"SYNC_CONSOLE_{name.upper()}"


def schema() -> dict[str, Any]:
    """All settings as JSON Schema, in the form that the plugins print."""
    return {"type": "object", "properties": DECLARED}


def read(env_file: str | None) -> Settings:
    """Read the settings; the environment wins over the file."""
    variables = {**(dotenv_values(env_file) if env_file else {}), **os.environ}
    texts = {name: (variables.get(variable(name)) or "").strip() for name in DECLARED}
    return Settings(**{name: _value(name, text) for name, text in texts.items() if text})


def _value(name: str, text: str) -> str | int:
    setting = DECLARED[name]
    if setting["type"] == "string":
        return text
    try:
        value = int(text)
    except ValueError:
        raise click.ClickException(f"{variable(name)} must be a whole number, not {text!r}") from None
    minimum, maximum = setting.get("minimum", value), setting.get("maximum", value)
    if not minimum <= value <= maximum:
        allowed = f"from {minimum} to {maximum}" if "maximum" in setting else f"{minimum} or more"
        raise click.ClickException(f"{variable(name)} must be {allowed}, not {value}")
    return value
