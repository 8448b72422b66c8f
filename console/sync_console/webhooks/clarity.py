"""The shop's side: one webhook, signed with our secret, for all events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sync_console.webhooks import needed
from sync_console.webhooks.plan import Hook

if TYPE_CHECKING:
    from collections.abc import Container

    from singer_rest.http.client import RestClient


@dataclass(frozen=True, slots=True)
class ClaritySide:
    """How webhooks are listed, made and removed at the shop."""

    client: RestClient
    public_url: str
    name: str
    secrets: str
    streams: set[str]

    def wanted(self) -> list[Hook]:
        """What must be there."""
        events = needed.events(needed.CLARITY, self.streams)
        return [Hook(f"{self.public_url}/hooks/clarity/{self.name}", frozenset(events))] if events else []

    def found(self) -> list[Hook]:
        """What is there, everybody's."""
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

    def make(self, hook: Hook, before: Container[str]) -> None:
        """Register it, to be signed with the newest of our secrets. `before`: keys of what was there."""
        body = {"url": hook.url, "events": sorted(hook.events), "secret": self.secrets.split()[0]}
        self.client.create("/webhooks", json=body, look_up=lambda: self._made(hook, before))

    def drop(self, hook: Hook) -> None:
        """Take it away."""
        self.client.delete(f"/webhooks/{hook.key}")

    def _made(self, hook: Hook, before: Container[str]) -> Hook | None:
        return next((one for one in self.found() if one.does(hook) and one.key not in before), None)
