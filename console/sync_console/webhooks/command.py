"""`sync-console webhooks sync | list | remove`."""

import subprocess
from pathlib import Path
from typing import Any

import click
from clarity_api.webhooks import WebhookProfile

from sync_console.meltano import env_file_of, meltano
from sync_console.receive.trusted_senders import TrustedSenders
from sync_console.settings import Settings, variable
from sync_console.webhooks.accounts import (
    checked_url,
    clarity_client,
    clarity_profile,
    one_line,
    plugin_settings,
    streak_client,
)
from sync_console.webhooks.plan import Plan, Vendor, carry_out, plan, removal
from sync_console.webhooks.vendors import ClarityWebhooks, StreakWebhooks, streams_read

MAPPER = "mapper-crosswalk"
CATCH_UP = {"clarity": "tap-clarity mapper target-streak", "streak": "tap-streak mapper target-clarity"}

chosen = click.argument("vendors", nargs=-1, type=click.Choice(list(CATCH_UP)))


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
    behind, troubles = [], []
    for name, vendor in _vendors(context, vendors):
        try:
            with one_line(name):
                steps = plan(vendor, renew=renew)
                behind += [name] if steps.make else []
                _carry_out(name, vendor, steps)
        except click.ClickException as refused:
            troubles.append(refused)
    for name in behind:
        _catch_up(context, name, fill=fill)
    for trouble in troubles[:-1]:
        trouble.show()
    if troubles:
        raise troubles[-1]


@webhooks.command("list", help="Show what is there; exit code 1 when something is missing or too much.")
@chosen
@click.pass_context
def list_(context: click.Context, vendors: tuple[str, ...]) -> None:
    """Show ours, and what is missing."""
    wrong = 0
    for name, vendor in _vendors(context, vendors):
        with one_line(name):
            steps = plan(vendor)
        for state, hooks in {"ok": steps.keep, "missing": steps.make, "surplus": steps.drop}.items():
            for hook in hooks:
                click.echo(f"{name:8} {state if hook.active else 'off':8} {hook}")
        wrong += len(steps.make) + len(steps.drop)
    click.echo("All is in place." if not wrong else f"{wrong} to be mended: sync-console webhooks sync")
    context.exit(1 if wrong else 0)


@webhooks.command(help="Take ours away, and nobody else's.")
@chosen
@click.pass_context
def remove(context: click.Context, vendors: tuple[str, ...]) -> None:
    """Unsubscribe."""
    for name, vendor in _vendors(context, vendors):
        with one_line(name):
            _carry_out(name, vendor, removal(vendor))


def _vendors(context: click.Context, names: tuple[str, ...]) -> list[tuple[str, Vendor]]:
    """The vendors that are named, else those of which the mapping reads a stream."""
    settings: Settings = context.obj
    public_url = checked_url("SYNC_CONSOLE_PUBLIC_URL", settings.public_url)
    TrustedSenders.of(settings)  # what the receiver would refuse is not registered
    chosen_names = names or tuple(CATCH_UP)
    plugins = [MAPPER, *(f"tap-{name}" for name in chosen_names)]
    mapper, *taps = plugin_settings(plugins, env_file_of(context))
    streams = streams_read(Path(mapper["mapping_file"]))
    vendors = []
    for name, config in zip(chosen_names, taps, strict=True):
        read = streams.get(name, set())
        if names or read:
            vendors.append((name, _vendor(name, settings, config, public_url=public_url, streams=read)))
        else:
            click.echo(f"{name:8} nothing is needed: the mapping reads no stream of it")
    return vendors


def _vendor(name: str, settings: Settings, config: dict[str, Any], **needs: Any) -> Vendor:
    if name == "clarity":
        secret, read = settings.need("clarity_secrets").split()[0], config.get("site_profile") or settings.site_profile
        if read != settings.site_profile:
            names = f"{variable('site_profile')}, by which the receiver verifies, and TAP_CLARITY_SITE_PROFILE"
            raise click.ClickException(f"{names} are not the same: set both to the shop's profile")
        with one_line("clarity"):
            profile = WebhookProfile(clarity_profile(config))
        client, name = clarity_client(config), settings.clarity_hook
        return ClarityWebhooks(client=client, name=name, secret=secret, profile=profile, **needs)
    token, pipelines = settings.need("streak_tokens").split()[0], config.get("pipelines") or []
    team = config.get("team")
    return StreakWebhooks(client=streak_client(config), token=token, team_name=team, pipeline_names=pipelines, **needs)


def _carry_out(name: str, vendor: Vendor, steps: Plan) -> None:
    for done, hook in carry_out(vendor, steps):
        click.echo(f"{name:8} {done:8} {hook}")
    click.echo(f"{name:8} {len(steps.keep)} kept, {len(steps.make)} made, {len(steps.drop)} removed")


def _catch_up(context: click.Context, name: str, *, fill: bool) -> None:
    shown = f"meltano run {CATCH_UP[name]}"
    if not fill:
        click.echo(f"What changed at {name} since the last delivery comes with the next scheduled run, or now: {shown}")
        return
    click.echo(f"Catching up: {shown}")
    command = [*meltano(env_file_of(context)), "run", *CATCH_UP[name].split()]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own Meltano
        raise click.ClickException(f"catching up failed, the webhooks are in place; again: {shown}")
