"""`sync-console live`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click
from dotenv import dotenv_values

from sync_console.live import heartbeat
from sync_console.live.environment import environment
from sync_console.live.lock import lock
from sync_console.live.pipeline import Pipeline
from sync_console.live.supervisor import supervise
from sync_console.meltano import env_file_of, meltano
from sync_console.settings import Settings

PLUGINS = {
    "to-streak": ("tap-clarity-events", "mapper", "target-streak"),
    "to-clarity": ("tap-streak-events", "mapper", "target-clarity"),
}


@click.command(help="Keep the live pipelines running, until SIGTERM or Ctrl-C. Default: both.")
@click.argument("pipelines", nargs=-1, type=click.Choice(list(PLUGINS)))
@click.option("--check", is_flag=True, help="Only say how the pipelines are; exit code 1 unless all are up.")
@click.pass_context
def live(context: click.Context, pipelines: tuple[str, ...], *, check: bool) -> None:
    """Supervise, or judge the heartbeat."""
    settings: Settings = context.obj
    folder = Path(settings.live_folder).absolute()
    if check:
        context.exit(_report(folder))
    env_file = env_file_of(context)
    command = [*meltano(env_file), "run", "--force"]
    variables = environment(settings, {**dotenv_values(env_file or ".env"), **os.environ})
    with lock(folder):
        asyncio.run(_run(folder, pipelines or tuple(PLUGINS), command, variables))


def _report(folder: Path) -> int:
    pulses, problems = heartbeat.judge(folder)
    for name, pulse in pulses.items():
        click.echo(f"{name}: {pulse}")
    for problem in problems:
        click.echo(f"problem: {problem}")
    return 1 if problems else 0


async def _run(folder: Path, names: tuple[str, ...], command: list[str], variables: dict[str, str]) -> None:
    stopping, mark = asyncio.Event(), f"{folder}:"
    pipelines = [Pipeline(name, PLUGINS[name], command, variables, f"{mark}{name}:", stopping) for name in names]
    await supervise(pipelines, stopping, folder, mark)
