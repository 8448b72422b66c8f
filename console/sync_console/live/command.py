"""`sync-console live`."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import click
from dotenv import dotenv_values

from sync_console.live import heartbeat
from sync_console.live.pipeline import Pipeline
from sync_console.live.supervisor import lock, supervise
from sync_console.meltano import env_file_of, meltano
from sync_console.settings import Settings, variable

PLUGINS = {
    "to-streak": ("tap-clarity-events", "mapper", "target-streak"),
    "to-clarity": ("tap-streak-events", "mapper", "target-clarity"),
}
ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - where a server listens that is reached here
MIN_SHARE = 2
TAPS = ("TAP_CLARITY_EVENTS", "TAP_STREAK_EVENTS")


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


def environment(settings: Settings, known: Mapping[str, str | None]) -> dict[str, str]:
    """Their share of the requests, and the feed of our receiver unless the taps' own settings (`known`) name one."""
    shares = _shares(settings.live_requests_per_second)
    if not settings.feed_token:
        return shares
    url = f"http://{ANY_HOST.get(settings.feed_host, settings.feed_host)}:{settings.feed_port}"
    values = {"EVENTS_URL": url, "EVENTS_TOKEN": settings.feed_token}
    feed = {f"{tap}_{name}": value for tap in TAPS for name, value in values.items()}
    return shares | {name: value for name, value in feed.items() if not known.get(name)}


def _shares(requests_per_second: int) -> dict[str, str]:
    """A quarter of Streak's share is for reading, the rest for writing."""
    if requests_per_second < MIN_SHARE:
        name = variable("live_requests_per_second")
        raise click.ClickException(f"{name} must be {MIN_SHARE} or more: one to read, one to write")
    tap = max(1, requests_per_second // 4)
    return {
        "TAP_STREAK_EVENTS_REQUESTS_PER_SECOND": str(tap),
        "TARGET_STREAK_REQUESTS_PER_SECOND": str(requests_per_second - tap),
        "TARGET_CLARITY_REQUESTS_PER_SECOND": str(requests_per_second),
    }
