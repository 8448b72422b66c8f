"""`sync-console webhooks sync | list | remove`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync_console.hook_secrets import clarity_keys, streak_tokens
from sync_console.meltano import env_file_of, meltano
from sync_console.webhooks import needed
from sync_console.webhooks.accounts import answering, checked_url, clarity_client, plugin_settings, streak_client
from sync_console.webhooks.clarity import ClaritySide
from sync_console.webhooks.plan import carry_out, farewell, plan
from sync_console.webhooks.streak import StreakSide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync_console.settings import Settings
    from sync_console.webhooks.plan import Plan, Side

MAPPER = "mapper-crosswalk"
VENDORS = ("clarity", "streak")
# who asks, and which setting a refusal and an unknown path are about
ACCOUNTS = {
    "clarity": ("Clarity", "TAP_CLARITY_API_KEY", "TAP_CLARITY_API_URL, on most sites it ends in /api/v1"),
    "streak": ("Streak", "TAP_STREAK_API_KEY", "TAP_STREAK_API_URL, such as https://api.streak.com/api"),
}
CATCH_UP = {"clarity": "tap-clarity mapper target-streak", "streak": "tap-streak mapper target-clarity"}

chosen = click.argument("vendors", nargs=-1, type=click.Choice(VENDORS))


@click.group(help="What the vendors are asked to post to the receiver.")
def webhooks() -> None:
    """Group the three commands."""


@webhooks.command(help="Register what is needed, repair what was dropped or switched off. Default: at both vendors.")
@chosen
@click.option("--renew", is_flag=True, help="Make all anew, such as for a new secret of Clarity.")
@click.option("--fill", is_flag=True, help="Where something was missing, run the ordinary pipeline to catch up.")
@click.pass_context
def sync(context: click.Context, vendors: tuple[str, ...], *, renew: bool, fill: bool) -> None:
    """Bring the vendors to what is needed; trouble at one does not keep the other from it."""
    ours, behind, troubles = _ours(context.obj), [], []
    for vendor, side in _sides(context, vendors):
        try:
            with answering(*ACCOUNTS[vendor]):
                todo = plan(side, ours, renew=renew)
                behind += [vendor] if todo.make else []
                _carry_out(vendor, side, todo)
        except click.ClickException as trouble:
            troubles.append(trouble)
    for vendor in behind:
        _catch_up(context, vendor, fill=fill)
    _end(troubles)


@webhooks.command("list", help="Show what is there; exit code 1 when something is missing or too much.")
@chosen
@click.pass_context
def list_(context: click.Context, vendors: tuple[str, ...]) -> None:
    """Show ours, and what is missing."""
    ours, wrong = _ours(context.obj), 0
    for vendor, side in _sides(context, vendors):
        with answering(*ACCOUNTS[vendor]):
            todo = plan(side, ours)
        for state, hooks in {"ok": todo.keep, "missing": todo.make, "surplus": todo.drop}.items():
            for hook in hooks:
                click.echo(f"{vendor:8} {'off' if not hook.active else state:8} {hook}")
        wrong += len(todo.make) + len(todo.drop)
    click.echo("All is in place." if not wrong else f"{wrong} to be mended: sync-console webhooks sync")
    context.exit(1 if wrong else 0)


@webhooks.command(help="Take ours away, and nobody else's.")
@chosen
@click.pass_context
def remove(context: click.Context, vendors: tuple[str, ...]) -> None:
    """Unsubscribe."""
    ours = _ours(context.obj)
    for vendor, side in _sides(context, vendors):
        with answering(*ACCOUNTS[vendor]):
            _carry_out(vendor, side, farewell(side, ours))


def _ours(settings: Settings) -> str:
    return f"{checked_url('SYNC_CONSOLE_PUBLIC_URL', settings.public_url)}/hooks/"


def _sides(context: click.Context, vendors: tuple[str, ...]) -> list[tuple[str, Side]]:
    # what the receiver refuses is not registered
    clarity_keys(context.obj)
    streak_tokens(context.obj)
    env_file, asked = env_file_of(context), vendors or VENDORS
    mapper, *taps = plugin_settings([MAPPER, *(f"tap-{vendor}" for vendor in asked)], env_file)
    read = needed.streams_read(Path(mapper["mapping_file"]))
    sides = []
    for vendor, config in zip(asked, taps, strict=True):
        if vendors or read.get(vendor):
            sides.append((vendor, _side(vendor, context.obj, config, read.get(vendor, set()))))
        else:
            click.echo(f"{vendor:8} nothing is needed: the mapping reads no stream of it")
    return sides


def _side(vendor: str, settings: Settings, config: dict[str, Any], streams: set[str]) -> Side:
    public_url = _ours(settings).removesuffix("/hooks/")
    if vendor == "clarity":
        secrets = settings.need("clarity_secrets")
        return ClaritySide(clarity_client(config), public_url, settings.clarity_hook, secrets, streams)
    tokens = settings.need("streak_tokens")
    named = config.get("pipelines") or []
    return StreakSide(streak_client(config), public_url, tokens, streams, config.get("team"), named)


def _carry_out(vendor: str, side: Side, todo: Plan) -> None:
    for done, hook in carry_out(side, todo):
        click.echo(f"{vendor:8} {done:8} {hook}")
    click.echo(f"{vendor:8} {len(todo.keep)} kept, {len(todo.make)} made, {len(todo.drop)} removed")


def _end(troubles: Sequence[click.ClickException]) -> None:
    for trouble in troubles[:-1]:
        trouble.show()
    if troubles:
        raise troubles[-1]


def _catch_up(context: click.Context, vendor: str, *, fill: bool) -> None:
    command = [*meltano(env_file_of(context)), "run", *CATCH_UP[vendor].split()]
    told = f"meltano run {CATCH_UP[vendor]}"
    if not fill:
        click.echo(
            f"What changed at {vendor} since the last delivery comes with the next scheduled run, or now: {told}"
        )
        return
    click.echo(f"Catching up: {told}")
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own Meltano
        raise click.ClickException(f"catching up failed, the webhooks are in place; again: {told}")
