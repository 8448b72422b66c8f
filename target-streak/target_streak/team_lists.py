"""The team's contacts and organizations as lists, for what only a list can find; each is read once in a run."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_rest.http.client import RestClient

PAGE = 1000


class TeamLists:
    """Finds by natural key: contacts by e-mail or name, organizations by domain or name; the oldest wins."""

    def __init__(self, client: RestClient, team_key: str) -> None:
        self._client, self._team = client, team_key
        self._lock = Lock()
        self._known: dict[str, dict[str, dict[str, Any]]] = {}

    def find(self, stream: str, natural: str, *, again: bool = False) -> dict[str, Any] | None:
        """Give the record with a natural key (`domain:acme.com`); `again` reads the list anew."""
        with self._lock:
            if again or stream not in self._known:
                self._known[stream] = self._read(stream)
            return self._known[stream].get(natural)

    def _read(self, stream: str) -> dict[str, dict[str, Any]]:
        known: dict[str, dict[str, Any]] = {}
        for record in sorted(self.every(stream), key=made_at):
            for natural in natural_keys(stream, record):
                known.setdefault(natural, record)
        return known

    def every(self, stream: str) -> Iterator[dict[str, Any]]:
        """Give all of them, as Streak has them now."""
        cursor = None
        while True:
            params = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            page = self._client.get(f"/v2/teams/{self._team}/{stream}", params=params)
            yield from page.get("results") or []
            cursor = page.get("cursor")
            if not cursor:
                return


def name_of(contact: dict[str, Any]) -> str:
    """Give the name that a contact without an e-mail address is told by, in small letters."""
    name = " ".join(filter(None, (contact.get("givenName"), contact.get("familyName"))))
    return " ".join(name.split()).casefold()


def natural_keys(stream: str, record: dict[str, Any]) -> list[str]:
    """Give everything that a record of the API can be found by."""
    if stream == "contacts":
        name = " ".join(filter(None, (record.get("givenName"), record.get("familyName"))))
        marks = [f"email:{email}" for email in record.get("emailAddresses") or []]
    else:
        name = record.get("name") or ""
        marks = [f"domain:{domain}" for domain in record.get("normalizedDomains") or record.get("domains") or []]
    return [mark.strip().casefold() for mark in (*marks, *([f"name:{name.strip()}"] if name.strip() else []))]


def made_at(record: dict[str, Any]) -> int:
    """Give when a contact or organization was made, in ms."""
    return int(record.get("creationDate") or 0)
