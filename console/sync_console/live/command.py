"""`sync-console live`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync_console.live import heartbeat
from sync_console.live.lock import hold
from sync_console.live.pipeline import Pipeline, Route
from sync_console.live.supervisor import supervise
from sync_console.meltano import env_file_of, meltano

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
    command = [*meltano(env_file_of(context)), "run", "--force"]
    with hold(folder):
        asyncio.run(_run(settings, folder, [ROUTES[name] for name in pipelines or ROUTES], command))


def _report(folder: Path) -> int:
    pulses, wrong = heartbeat.problems(folder)
    for name, pulse in pulses.items():
        click.echo(f"{name}: {pulse.told()}")
    for problem in wrong:
        click.echo(f"problem: {problem}")
    return 1 if wrong else 0


async def _run(settings: Settings, folder: Path, routes: list[Route], command: list[str]) -> None:
    stopping, mark = asyncio.Event(), f"{folder}:"
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
