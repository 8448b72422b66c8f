"""The command line; each command has a module of its own."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from sync_console import settings

NAME = "sync-console"
COMMANDS = {"live": "live.command", "receive": "receive", "webhooks": "webhooks.command"}


class Lazy(click.Group):
    """Imports a command when it is asked for: the receiver needs nothing of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All of them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Find one in the module that has its name."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"sync_console.{COMMANDS[cmd_name]}"), cmd_name)
        return found


def _about(context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click's signature
    if wanted and not context.resilient_parsing:
        click.echo(json.dumps(about(), indent=2) if context.params.get("form") == "json" else _markdown())
        context.exit()


def about() -> dict[str, Any]:
    """What the plugins of the project print of themselves, too."""
    return {"name": NAME, "version": version(NAME), "settings": settings.schema()}


def _markdown() -> str:
    head = ["| Setting | Default | Description |", "| --- | --- | --- |"]
    return "\n".join([*head, *(_row(name, told) for name, told in settings.schema()["properties"].items())])


def _row(name: str, told: dict[str, Any]) -> str:
    shown = f"`{name}`{' (secret)' if told.get('secret') else ''}"
    default = f"`{told['default']}`" if "default" in told else ""
    return f"| {shown} | {default} | {told['description']} |"


@click.group(cls=Lazy, help="Webhooks taken in and served as a feed, for pipelines that never end.")
@click.version_option(package_name=NAME, prog_name=NAME)
@click.option("--format", "form", type=click.Choice(["json", "markdown"]), default="markdown", is_eager=True)
@click.option("--about", is_flag=True, expose_value=False, callback=_about, help="Print all settings, and end.")
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, exists=True),
    help="Read settings from this file, which the environment wins over; default: .env where there is one.",
)
@click.pass_context
def main(context: click.Context, form: str, env_file: str | None) -> None:  # noqa: ARG001  # --about reads the format
    """Read the settings for the command that follows."""
    default = ".env" if Path(".env").is_file() else None
    context.obj = settings.read(env_file or default)
