"""`sync-console receive`."""

import asyncio
import logging
from pathlib import Path
from socket import socket

import click
import uvloop

from sync_console.receive.event_log import EventLog, UnavailableError
from sync_console.receive.feed import Feed
from sync_console.receive.group_commit import GroupCommit
from sync_console.receive.hooks import Hooks
from sync_console.receive.serving import address, listen, serve
from sync_console.receive.trusted_senders import TrustedSenders
from sync_console.settings import Settings, variable

LOGGER = logging.getLogger(__name__)


@click.command(help="Take in webhooks and serve them as a feed, until SIGTERM or Ctrl-C.")
@click.pass_obj
def receive(settings: Settings) -> None:
    """Run the receiver."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings.need("feed_token")
    senders = TrustedSenders.of(settings)
    if not senders.clarity_keys and not senders.streak_tokens:
        both = " or ".join(variable(name) for name in ("clarity_secrets", "streak_tokens"))
        raise click.ClickException(f"nobody may post: set {both}")
    try:
        EventLog(Path(settings.database), create=True).close()
    except UnavailableError as error:
        raise click.ClickException(f"{variable('database')}: {error}") from None
    hooks = listen(settings.hooks_host, settings.hooks_port, "hooks")
    feed = listen(settings.feed_host, settings.feed_port, "feed")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, senders, hooks, feed))


async def _run(settings: Settings, senders: TrustedSenders, hooks_socket: socket, feed_socket: socket) -> None:
    path = Path(settings.database)
    commits = GroupCommit(path, keep_days=settings.retention_days)
    feed = Feed(path, settings.feed_token, commits)
    apps = [(Hooks(senders, commits).app(), hooks_socket), (feed.app(), feed_socket)]
    LOGGER.info("Webhooks at %s, feed at %s", address(hooks_socket), address(feed_socket))
    try:
        await serve(apps, feed.end_waits)
    finally:
        feed.close()
        await commits.close()
