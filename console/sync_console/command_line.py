"""The command line; each command has a room of its own."""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from sync_console import settings

NAME = "sync-console"
COMMANDS = ("live", "receive", "webhooks")


class LazyGroup(click.Group):
    """Imports a command when it is called: the receiver needs nothing of the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All of them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command in the room of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"sync_console.{cmd_name}.command"), cmd_name)
        return command


def _about(context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click's signature
    if wanted and not context.resilient_parsing:
        click.echo(json.dumps(about(), indent=2) if context.params.get("form") == "json" else _markdown())
        context.exit()


def about() -> dict[str, Any]:
    """Name, version and settings, in the form in which Singer plugins print them."""
    return {"name": NAME, "version": version(NAME), "settings": settings.schema()}


def _markdown() -> str:
    lines = ["| Setting | Default | Description |", "| --- | --- | --- |"]
    for name, schema in settings.DECLARED.items():
        title = f"`{name}`{' (secret)' if schema.get('secret') else ''}"
        default = f"`{schema['default']}`" if "default" in schema else ""
        lines.append(f"| {title} | {default} | {schema['description']} |")
    return "\n".join(lines)


@click.group(cls=LazyGroup, help="Webhooks taken in and served as a feed, for pipelines that never end.")
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
