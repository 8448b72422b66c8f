"""`sync-console live`."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync_console.live import heartbeat
from sync_console.live.lock import hold
from sync_console.live.pipeline import Pipeline, Route
from sync_console.live.supervisor import supervise

if TYPE_CHECKING:
    from sync_console.settings import Settings

ROUTES = {
    route.name: route
    for route in (
        Route("to-streak", "tap-clarity-events", "mapper", "target-streak"),
        Route("to-clarity", "tap-streak-events", "mapper", "target-clarity"),
    )
}


@click.command(help="Keep the live pipelines running, until SIGTERM or Ctrl-C. Default: both.")
@click.argument("pipelines", nargs=-1, type=click.Choice(list(ROUTES)))
@click.option("--check", is_flag=True, help="Only say how the pipelines are; exit code 1 unless all are up.")
@click.pass_context
def live(context: click.Context, pipelines: tuple[str, ...], *, check: bool) -> None:
    """Supervise, or look at the heartbeat."""
    settings: Settings = context.obj
    folder = Path(settings.live_folder).absolute()
    if check:
        context.exit(_report(folder))
    if not Path("meltano.yml").is_file():
        raise click.ClickException("there is no meltano.yml here: start it in the project's folder")
    env_file = context.parent.params.get("env_file") if context.parent else None
    with hold(folder):
        asyncio.run(_run(settings, folder, [ROUTES[name] for name in pipelines or ROUTES], env_file))


def _report(folder: Path) -> int:
    pulses, wrong = heartbeat.problems(folder)
    for name, pulse in pulses.items():
        click.echo(f"{name}: {pulse.told()}")
    for problem in wrong:
        click.echo(f"problem: {problem}")
    return 1 if wrong else 0


async def _run(settings: Settings, folder: Path, routes: list[Route], env_file: str | None) -> None:
    stopping, mark = asyncio.Event(), f"{folder}:"
    command = [meltano(), *([f"--env-file={env_file}"] if env_file else []), "run", "--force"]
    share = shares(settings.live_requests_per_second)
    pipelines = [
        Pipeline(route, [*command, *route.plugins], share, f"{mark}{route.name}:", stopping) for route in routes
    ]
    await supervise(pipelines, stopping, folder, mark)


def shares(requests_per_second: int) -> dict[str, str]:
    """What the plugins of the live pipelines may ask Streak and Clarity a second; the environment wins in Meltano."""
    tap = max(1, requests_per_second // 4)
    return {
        "TAP_STREAK_EVENTS_REQUESTS_PER_SECOND": str(tap),
        "TARGET_STREAK_REQUESTS_PER_SECOND": str(max(1, requests_per_second - tap)),
        "TARGET_CLARITY_REQUESTS_PER_SECOND": str(max(1, requests_per_second)),
    }


def meltano() -> str:
    """Where Meltano is: beside this command, or on the path."""
    beside = Path(sys.executable).with_name("meltano")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("meltano")
    if found is None:
        raise click.ClickException("meltano is neither installed beside sync-console nor on the path")
    return found
