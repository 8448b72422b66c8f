"""Webhooks of a shop as its profile describes them: how they are made and listed, and what a delivery is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from singer_rest import FatalRunError

from clarity_api.profile import SiteProfile
from clarity_api.renames import Renames, value_at

PARTS = ("id", "url", "events", "active", "secret")
CONTRACT_EVENT = re.compile(r"[a-z_]{1,50}(\.[a-z_]{1,50}){1,3}")


class WebhookProfile:
    """Subscriptions and deliveries of one shop. FatalRunError where its profile has none."""

    def __init__(self, profile: SiteProfile) -> None:
        """Take the profile."""
        section = profile.section("webhooks")
        if not section.value:
            raise FatalRunError(f"the shop has no webhooks: {section.place}")
        said = section.plain()
        self.path: str = said.get("path", "/webhooks")
        self.rows: str = said.get("rows", "")
        self.place = section.place
        self.signature: dict[str, Any] = said.get("signature") or {"scheme": "standard_webhooks"}
        self.takes_secret = said.get("secret") is not None
        self._body: dict[str, Any] = said.get("body", {})
        names: dict[str, str | None] = said.get("names", {})
        self._names = {event: name for event, name in names.items() if name}
        self._events = {name: event for event, name in self._names.items()}
        self._has_own_names = not all(map(CONTRACT_EVENT.fullmatch, self._events))
        self._type: str = said.get("type", "type")
        self._ids: dict[str, str] = said.get("ids", {})
        self._renames = Renames({part: said[part] for part in PARTS if said.get(part)}, {"id": "integer"})

    def names_of(self, events: Iterable[str]) -> list[str]:
        """The shop's names of some events; those that it does not tell are left out."""
        return [self._names[event] for event in events if event in self._names]

    def body(self, url: str, events: list[str], secret: str) -> dict[str, Any]:
        """What makes a webhook."""
        values = {"url": url, "events": events} | ({"secret": secret} if self.takes_secret else {})
        return {**self._body, **self._renames.to_site(values)}

    def listed(self, answer: Any) -> list[dict[str, Any]] | None:
        """The webhooks in an answer, by `id`, `url`, `events` and `active`; None where it is no such list."""
        rows = value_at(answer, self.rows)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return None
        return [self._renames.to_contract(row) for row in rows]

    def event(self, delivery: dict[str, Any]) -> tuple[str, Any] | None:
        """The contract's name of what happened, and the id that is told, None for an event that nobody knows.

        None for what is no delivery of the shop.
        """
        name = value_at(delivery, self._type)
        if not isinstance(name, str):
            return None
        event = self._events.get(name, name)
        if not CONTRACT_EVENT.fullmatch(event):
            return (event, None) if self._has_own_names else None
        noun = event.partition(".")[0]
        return event, value_at(delivery, self._ids.get(noun, f"data.{noun}Id"))
