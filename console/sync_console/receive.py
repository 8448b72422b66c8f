"""`sync-console receive`: webhooks in, feed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sync_console.settings import Settings


@click.command(help="Take in webhooks and serve them as a feed, until SIGTERM or Ctrl-C.")
@click.pass_obj
def receive(settings: Settings) -> None:
    """Run the receiver."""
    settings.need("feed_token")
