"""The shop's webhook: one for all events, signed with our secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sync_console.webhooks.plan import Hook, Vendor
from sync_console.webhooks.subscriptions import CLARITY, events_of

if TYPE_CHECKING:
    from collections.abc import Container

    from singer_rest.http.client import RestClient


@dataclass(frozen=True, slots=True)
class ClarityWebhooks(Vendor):
    """The webhooks at the shop."""

    client: RestClient
    public_url: str
    name: str
    """Last part of the receiver's address."""
    secret: str
    streams: set[str]

    def wanted(self) -> list[Hook]:
        """One webhook for the events of all streams."""
        events = events_of(CLARITY, self.streams)
        return [Hook(f"{self.public_url}/hooks/clarity/{self.name}", frozenset(events))] if events else []

    def registered(self) -> list[Hook]:
        """The webhooks of everybody. ClickException when the host is no Clarity."""
        answer = self.client.get("/webhooks")
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise click.ClickException(
                "the host answers, but not as the Clarity API does: check TAP_CLARITY_API_URL (…/api/v1)"
            )
        return [
            Hook(row["url"], frozenset(row["events"]), key=row["webhookId"], active=row.get("isActive") is not False)
            for row in rows
        ]

    def register(self, hook: Hook, before: Container[str]) -> None:
        """Make it, to be signed with our secret."""
        body = {"url": hook.url, "events": sorted(hook.events), "secret": self.secret}
        self.client.create("/webhooks", json=body, look_up=lambda: self.new(hook, before))

    def remove(self, hook: Hook) -> None:
        """Delete a webhook."""
        self.client.delete(f"/webhooks/{hook.key}")
