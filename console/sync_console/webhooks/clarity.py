"""The shop's webhook: one for all events, signed with our secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import click

from sync_console.webhooks.plan import Hook, Vendor
from sync_console.webhooks.subscriptions import CLARITY, events_of


@dataclass(frozen=True, kw_only=True)
class ClarityWebhooks(Vendor):
    """The webhooks at the shop."""

    path: ClassVar[str] = "/webhooks"
    name: str
    """Last part of the receiver's address."""
    secret: str

    def wanted(self) -> list[Hook]:
        """One webhook for the events of all streams."""
        events = events_of(CLARITY, self.streams)
        return [Hook(f"{self.public_url}/hooks/clarity/{self.name}", frozenset(events))] if events else []

    def registered(self) -> list[Hook]:
        """The webhooks of everybody. ClickException when the host is no Clarity."""
        answer = self.client.get(self.path)
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise click.ClickException(
                "the host answers, but not as the Clarity API does: check TAP_CLARITY_API_URL (…/api/v1)"
            )
        return [
            Hook(row["url"], frozenset(row["events"]), key=row["webhookId"], active=row.get("isActive") is not False)
            for row in rows
        ]

    def creation(self, hook: Hook) -> dict[str, Any]:
        """A webhook that is signed with our secret."""
        return {"json": {"url": hook.url, "events": sorted(hook.events), "secret": self.secret}}
