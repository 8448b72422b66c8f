"""What keys mean: contacts and organizations, members, and the custom fields that may name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from singer_rest import ApiError, NoAccess, RestClient
from streak_api.fields import FieldBook, keys_in
from streak_api.paging import Row
from streak_api.pipelines import TEAM_SETTINGS, field_of, team_fields

from tap_streak.account import Account

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


class Directory:
    """Makes the companions of a run's records; each key is looked up once."""

    def __init__(self, client: RestClient, account: Account) -> None:
        self._client = client
        self._account = account
        self.parties = {noun: Parties(client, noun) for noun in TEAM_SETTINGS}
        self._books: dict[str, FieldBook] = {}
        self._asked: dict[str, set[str]] = {}

    def pipeline(self, key: str) -> Row:
        """The pipeline's definition."""
        return self._account.pipelines[key]

    def learn(self, pipeline: str, boxes: Iterable[Row]) -> None:
        """Ask for the pipeline again where boxes name a stage, field or option that it did not have."""
        definition, book = self.pipeline(pipeline), self.fields_of_pipeline(pipeline)
        unknown = {str(box["stageKey"]) for box in boxes if box.get("stageKey")} - (
            definition.get("stages") or {}
        ).keys()
        for box in boxes:
            unknown |= book.unknown(box.get("fields"))
        if self._is_news(pipeline, unknown):
            body = self._client.get(f"/v1/pipelines/{pipeline}")
            if isinstance(body, dict) and body.get("key") == pipeline:
                self._account.pipelines[pipeline] = body
            self._books.pop(pipeline, None)

    def learn_team(self, noun: str, rows: Iterable[Row]) -> None:
        """Ask for the team again where contacts or organizations name a field or option that it did not have."""
        book = self.fields_of_team(noun)
        if self._is_news(noun, {key for row in rows for key in book.unknown(row.get("fields"))}):
            self._account.forget_team()
            self._books.pop(noun)

    def _is_news(self, place: str, unknown: set[str]) -> bool:
        """Whether something is unknown that was not asked for before."""
        asked = self._asked.setdefault(place, set())
        news = unknown - asked
        asked |= unknown
        return bool(news)

    def fields_of_pipeline(self, key: str) -> FieldBook:
        """The custom fields of a pipeline's boxes."""
        if key not in self._books:
            self._books[key] = FieldBook(map(field_of, self.pipeline(key).get("fields") or []))
        return self._books[key]

    def fields_of_team(self, noun: str) -> FieldBook:
        """The custom fields of the team's contacts or organizations."""
        if noun not in self._books:
            self._books[noun] = FieldBook(team_fields(self._account.team or {}, noun))
        return self._books[noun]

    def prepare(self, rows: Iterable[Row], book: FieldBook, links: dict[str, str]) -> None:
        """Look up who these rows link to; `links` names the property that holds the links to a noun."""
        wanted: dict[str, set[str]] = {noun: set() for noun in TEAM_SETTINGS}
        for row in rows:
            for noun, name in links.items():
                wanted[noun].update(keys_in(row.get(name) or []))
            for noun, keys in book.linked(row.get("fields")).items():
                wanted[noun].update(keys)
        for noun, keys in wanted.items():
            self.parties[noun].prepare(keys)

    def naming(self, noun: str, key: str) -> str | None:
        """An e-mail, domain or name for a key of users, contacts or organizations."""
        if noun == "users":
            return self._account.emails.get(key)
        self.parties[noun].prepare([key])
        return next((party.known_as for party in self.parties[noun].named([key])), None)

    def emails(self, links: Any) -> list[str]:
        """The first e-mail of each linked contact that has one."""
        parties = self.parties["contacts"].named(keys_in(links or []))
        return [party.address for party in parties if party.address]

    def companies(self, links: Any) -> dict[str, list[str]]:
        """The keys of linked organizations, their primary domains, and the names of those without a domain."""
        keys = keys_in(links or [])
        parties = self.parties["organizations"].named(keys)
        return {
            "organizationExternalIds": keys,
            "organizationDomains": [party.address for party in parties if party.address],
            "organizationNames": [party.name for party in parties if party.name and not party.address],
        }

    def assignees(self, people: Any) -> list[str]:
        """The e-mails of the people that something is assigned to."""
        emails = [person.get("email") or self._account.emails.get(person.get("userKey", "")) for person in people or []]
        return [email for email in emails if email]
