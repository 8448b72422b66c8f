"""What Streak's streams have in common: any of them, people and companies, what happens on a box."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, cast

from singer_rest import (
    KEPT,
    ApiError,
    Intent,
    Link,
    Record,
    RecordRejected,
    Reference,
    RestSink,
    RunContext,
    natural_key,
    relink,
    to_ms,
)
from streak_api.errors import GONE_PHRASES
from streak_api.fields import milliseconds

from target_streak.connection import Connection
from target_streak.dedupe_index import SKEW_MS, fingerprint, is_later
from target_streak.team_lists import made_at

LISTS = frozenset({"emailAddresses", "phoneNumbers", "addresses", "domains"})
EXISTING = {"getIfExisting": "true"}
KEYS_A_CALL = 100
ADDRESSES = {"contacts": "emailAddresses", "organizations": "domains"}
SAME_ADDRESS = "same address"
GET_IF_EXISTING, ADDRESS_ONLY, ANY_BODY = "getIfExisting", "address only", "any body"


class StreakSink(RestSink):
    """What all of Streak's streams have in common."""

    gone_phrases: tuple[str, ...] = GONE_PHRASES

    def __init__(
        self, context: RunContext, schema: dict[str, Any], key_properties: Sequence[str] = (), *, team: Connection
    ) -> None:
        super().__init__(context, schema, key_properties)
        self.team = team
        self.catalog = team.catalog
        self.gone_statuses, self.gone_phrases = team.gone

    @classmethod
    def takes(cls, name: str) -> bool:
        """Whether people write a property: a record as Streak gives it holds what the server sets, too."""
        return name.partition(".")[0] in cls.accepts()["properties"]

    def prepare(self) -> None:
        """Resolve the names of the SCHEMA."""
        self.team.provisioner.prepare(self.stream, self.schema)

    def custom_field(self, container: str, name: str, value: Any) -> tuple[str, Any] | None:
        """Encode one custom field; None when Streak computes it."""
        encoded = self.catalog.encode(container, name, value)
        return (f"fields.{encoded[0]}", encoded[1]) if encoded else None


class PartySink(StreakSink):
    """What contacts and organizations have in common: found by a natural key, never overwritten when found.

    One that a person merged, split or deleted is found again by its natural keys.
    """

    added_to = LISTS
    fill_blanks = True
    companions: ClassVar = {"fields": "fieldValues"}
    revision_field = "lastSavedTimestamp"
    _bodies_refused = 0
    """How often the addresses alone were taken where more was refused: once may be the record's fault."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._takes_batches = not self.context.dry_run  # a plan would take their POST for a write
        self._seen: set[str] = set()
        """Keys that a dry run has asked for: it asks before each write, as nothing is refused."""

    def encode(self, name: str, value: Any, container: str | None) -> tuple[str, Any] | None:  # noqa: ARG002
        """Give Streak's property and value; blank clears."""
        kind, _, field = name.partition(".")
        if kind == "fieldValues":
            return self.custom_field(self.stream, field, value)
        if not self.takes(name):
            return None
        if name in LISTS:
            return name, list(value or [])
        return name, "" if value is None else value

    def read(self, key: str) -> dict[str, Any]:
        """Read one."""
        return cast("dict[str, Any]", self.client.get(f"/v2/{self.stream}/{key}"))

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        """Change one; lists replace."""
        return cast("dict[str, Any]", self.client.post(f"/v2/{self.stream}/{key}", json=body))

    def repeatable(self, record: Record) -> bool:
        """Streak gives whom it has by e-mail or domain."""
        return not self._is_doubled_by_address and any(
            not natural.startswith("name:") for natural in self.natural_keys(record)
        )

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make one, or be given the one that is there; custom fields follow, where they are not taken here."""
        return self._made(self.natural_keys(record), body)

    def make_bare(self, natural: str, value: str) -> dict[str, Any]:
        """Make one of which only this is known."""
        mark = natural_key(natural, value)
        in_list = natural == "name" or self.context.dry_run or self._is_doubled_by_address
        if in_list and (known := self.team.lists.find(self.stream, mark)):
            return known
        lists = {"email": "emailAddresses", "domain": "domains"}
        return self._made([mark], {lists[natural]: [value]} if natural in lists else {"name": value})

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Look into the list where Streak can't find by e-mail or domain itself."""
        for natural in self.natural_keys(record):
            in_list = natural.startswith("name:") or self._is_doubled_by_address
            if (in_list or self.context.dry_run) and (
                known := self.team.lists.find(self.stream, natural, again=in_list and intent is not None)
            ):
                return known
        return None

    def find_now(self, naturals: Sequence[str]) -> dict[str, Any] | None:
        """Look into the list, as it was a minute ago at most; an API without lists finds nobody."""
        try:
            known = (self.team.lists.find(self.stream, natural, fresh=True) for natural in naturals)
            return next((party for party in known if party is not None), None)
        except ApiError as refused:
            if not refused.unknown:
                raise
            return None

    def relink(self, gone: str, *, wanted: Collection[str] = (), record: Record | None = None) -> bool:
        """Find the names of one that is gone again, by their natural keys."""
        relink(self, gone, wanted=wanted, record=record)
        return True

    def gone(self, keys: Collection[str]) -> set[str]:
        """Ask for many at once where Streak knows that call; what it leaves out is asked for alone."""
        asked = sorted(set(keys) - self._seen)
        batches = [asked[start : start + KEYS_A_CALL] for start in range(0, len(asked), KEYS_A_CALL)]
        gone = {key for batch in batches for key in self._left_out(batch) if self.is_gone_key(key)}
        self._seen.update(set(asked) - gone if self.context.dry_run else ())
        return gone

    def _left_out(self, keys: list[str]) -> Collection[str]:
        if len(keys) == 1 or not self._takes_batches:
            return keys
        try:
            answer = self.client.post(f"/v2/{self.stream}/batch/get", json=keys)
        except ApiError as refused:
            if not refused.unknown:
                raise
            self._takes_batches = False
            return keys
        rows = answer.values() if isinstance(answer, dict) else answer or ()
        return set(keys) - {str(row.get("key")) for row in rows if isinstance(row, dict)}

    def already_existed(self, vendor: dict[str, Any]) -> bool:
        """Whether Streak had it already: it gives what has the same e-mail or domain instead of making another."""
        return 0 < made_at(vendor) < to_ms(self.client.server_now()) - SKEW_MS

    def _made(
        self, naturals: Sequence[str], body: dict[str, Any], look_up: Callable[[], Any] | None = None
    ) -> dict[str, Any]:
        """Make one; `look_up` finds it after a lost answer, by default by its name."""
        path = f"/v2/teams/{self.team.account.team_key}/{self.stream}"
        given = {name: value for name, value in body.items() if name != "fields" or self._takes_fields}
        by_address = any(not natural.startswith("name:") for natural in naturals)
        if by_address and not self._is_doubled_by_address:
            return self._got_or_made(path, given)
        in_list = partial(self.team.lists.find, self.stream, next(iter(naturals), ""), again=True)
        return cast("dict[str, Any]", self.client.create(path, json=given, look_up=look_up or in_list))

    @property
    def _is_doubled_by_address(self) -> bool:
        """Whether Streak makes a second one of the same address, though it is asked to give the first."""
        return self.findings.get(SAME_ADDRESS) not in {None, "found"}

    @property
    def _takes_fields(self) -> bool:
        return self.findings.get("create fields") == KEPT

    def _got_or_made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make one unless Streak has it; where it takes only the addresses with that question, the rest follows."""
        alone = {name: body[name] for name in (ADDRESSES[self.stream],) if name in body}
        if self.findings.get(GET_IF_EXISTING) == ADDRESS_ONLY:
            return cast("dict[str, Any]", self.client.post(path, json=alone, params=EXISTING))
        try:
            made = cast("dict[str, Any]", self.client.post(path, json=body, params=EXISTING))
        except ApiError as refused:
            if (
                body == alone
                or refused.status != HTTPStatus.BAD_REQUEST
                or self.findings.get(GET_IF_EXISTING) == ANY_BODY
            ):
                raise
            made = cast("dict[str, Any]", self.client.post(path, json=alone, params=EXISTING))
            self._bodies_refused += not self.is_gone(refused)
            if self._bodies_refused > 1 and self.findings.note(GET_IF_EXISTING, ADDRESS_ONLY):
                line = "%s: with %s Streak takes addresses only, so all else follows in an update"
                self.logger.warning(line, self.stream, GET_IF_EXISTING)
            return made
        if body != alone:
            self.findings.note(GET_IF_EXISTING, ANY_BODY)
        return made


class BoxEffect(StreakSink):
    """Something that happens once on a box."""

    effect = True
    references = (Reference("boxExternalId", "boxes"), Reference("boxKey", "boxes", unless=("boxExternalId",)))
    text: ClassVar[str]

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002  # an effect is made whole
        """Make it on its box; the box's own list tells whether it is there when the answer got lost."""
        path = f"/v2/boxes/{self.box(record)}/{self.stream}"
        made = self.client.create(path, json=self.body(record), look_up=lambda: self._listed(record, new=True))
        return cast("dict[str, Any]", made)

    def read(self, key: str) -> dict[str, Any]:
        """Read one."""
        return cast("dict[str, Any]", self.client.get(f"/v2/{self.stream}/{key}"))

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        """Change one."""
        return cast("dict[str, Any]", self.client.post(f"/v2/{self.stream}/{key}", json=body))

    def body(self, record: Record) -> dict[str, Any]:
        """Give what Streak takes."""
        return {self.text: record.values[self.text]}

    def natural_keys(self, record: Record) -> list[str]:
        """Give what keeps two effects of equal text on one box from taking each other for themselves."""
        box = record.values.get("boxExternalId") or record.values.get("boxKey")
        return [f"on {box}: {fingerprint(self.stream, {**record.values, 'startTimestamp': None})}"]

    def box(self, record: Record) -> str:
        """Give the key of its box. RecordRejected while there is none.

        A source that is a Streak itself names its own box: that is a record like any other, unless it is one of ours.
        """
        values = record.values
        name = values.get("boxExternalId") or values.get("boxKey")
        if not name:
            raise RecordRejected("neither boxExternalId nor boxKey says which box it belongs to", code="no_box")
        link = self.ledger.links.get("boxes", str(name))
        if link is not None and link.vendor_key and self._is_sure(link):
            return link.vendor_key
        if not values.get("boxExternalId") and self.catalog.is_ours(values.get("pipelineKey")):
            return str(name)
        raise RecordRejected(f"its box {name} is not there yet", code="waiting", waits_for=("boxes", str(name)))

    def _is_sure(self, link: Link) -> bool:
        """Whether a box that is linked is known to be that order's, and not only by an order id that is like it."""
        unsure = link.vendor_key in self.team.unsure_boxes
        return not unsure or bool(self.ledger.links.contents("boxes", link.external_id))

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find one that the scan remembered, else one in the box's list, that no other record has made.

        There is one only if a run died, or if its box had such effects before the ledger knew it.
        """
        box, like = self.box(record), fingerprint(self.stream, self.body(record))
        if intent is None and not self.team.dedupe.is_noted(self.stream, box):
            return None
        for key, made in self.team.dedupe.find(self.stream, box, like):
            if self._could_be(record, key, made):
                return {"key": key}
        read = self.team.dedupe.is_remembered(self.stream, box)
        return self._listed(record, new=intent is not None) if intent or not read else None

    def _listed(self, record: Record, *, new: bool) -> dict[str, Any] | None:
        """Find it in the box's list; one that was there before the ledger must not be older than what it tells."""
        like = fingerprint(self.stream, self.body(record))
        for made in self.team.lists.effects(self.stream, self.box(record)):
            key, at = str(made["key"]), None if new else made_at(made)
            if fingerprint(self.stream, made) == like and self._could_be(record, key, at):
                return made
        return None

    def _could_be(self, record: Record, key: str, made: int | None) -> bool:
        later = is_later(milliseconds(record.source.date), made, to_ms(self.client.server_now()))
        taken = self.ledger.links.to_key(self.stream, key) or self.ledger.neighbours.source_of(self.stream, key)
        return not later and not taken
