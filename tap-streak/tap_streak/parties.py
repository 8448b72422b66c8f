"""Contacts and organizations by their keys: who the keys of boxes and links mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from singer_rest import ApiError, NoAccess, RestClient
from streak_api.paging import Row

KEYS_PER_CALL = 100


@dataclass(frozen=True, slots=True)
class Party:
    """What others call a contact or organization: its first e-mail or domain, and its name."""

    address: str | None
    name: str | None

    @property
    def known_as(self) -> str | None:
        """The e-mail or domain, else the name."""
        return self.address or self.name


def party_of(row: Row) -> Party:
    """A contact by its first e-mail, an organization by its primary domain."""
    addresses = row.get("emailAddresses") or row.get("domains") or []
    full = f"{row.get('givenName') or ''} {row.get('familyName') or ''}".strip()
    return Party(addresses[0] if addresses else None, row.get("name") or full or None)


class Parties:
    """The contacts, or the organizations; each looked up once a run, a hundred a call."""

    def __init__(self, client: RestClient, noun: str) -> None:
        self._client = client
        self._noun = noun
        self._known: dict[str, Party | None] = {}
        self._one_by_one = False

    def remember(self, rows: Iterable[Row]) -> None:
        """Spare the look-up of records that were read anyway."""
        self._known.update((row["key"], party_of(row)) for row in rows)

    def prepare(self, keys: Iterable[str]) -> None:
        """Look up those of the keys that are not known yet."""
        unknown = sorted(set(keys) - self._known.keys())
        self._known.update(dict.fromkeys(unknown))
        for rows in self.rows(unknown):
            self.remember(rows)

    def named(self, keys: Iterable[str]) -> list[Party]:
        """Who is meant; keys of records that are gone are left out."""
        return [party for key in keys if (party := self._known.get(key))]

    def rows(self, keys: Iterable[str]) -> Iterator[list[Row]]:
        """The records that exist among these keys."""
        ordered = list(keys)
        for start in range(0, len(ordered), KEYS_PER_CALL):
            yield self._some(ordered[start : start + KEYS_PER_CALL])

    def _some(self, keys: list[str]) -> list[Row]:
        if not self._one_by_one:
            try:
                body = self._client.post(f"/v2/{self._noun}/batch/get", json=keys)
            except ApiError as error:
                if not error.unknown:
                    raise
                self._one_by_one = True
            else:
                rows: Iterable[Any] = body.values() if isinstance(body, dict) else body
                return [row for row in rows if isinstance(row, dict) and row.get("key")]
        return [row for key in keys if (row := self._one(key))]

    def _one(self, key: str) -> Row | None:
        try:
            row: Row = self._client.get(f"/v2/{self._noun}/{key}")
        except ApiError as error:
            if error.unknown or isinstance(error, NoAccess):
                return None
            raise
        return row
