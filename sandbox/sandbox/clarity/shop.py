"""The shop: its records, and what it tells the world when they change."""

from typing import Any

from sandbox.clarity.collection import Collection, Record
from sandbox.clarity.credentials import Credentials
from sandbox.clarity.events import events
from sandbox.clarity.idempotency import FirstAnswers
from sandbox.clarity.kinds import KINDS, Kind
from sandbox.clarity.subscriptions import Subscriptions
from sandbox.clock import Clock
from sandbox.delivery import Delivery
from sandbox.demo.shop import demo_records
from sandbox.system import LoadError


class Shop:
    """All that the shop stores."""

    name = "clarity"

    def __init__(self, clock: Clock, delivery: Delivery) -> None:
        self.search_lag_seconds = 0.0  # the shop has no search index that could lag
        self.clock = clock
        self._delivery = delivery
        self._empty()

    def _empty(self) -> None:
        self.collections: dict[str, Collection] = {plural: Collection(kind) for plural, kind in KINDS.items()}
        self.credentials: Credentials = Credentials(self.clock)
        self.answers: FirstAnswers = FirstAnswers(self.clock)
        self.subscriptions: Subscriptions = Subscriptions(self.clock, self._delivery)

    def reset(self, seed: str) -> None:
        self._empty()
        if seed == "demo":
            for plural, record in demo_records():
                self.collections[plural].put(record)

    def load(self, type: str, record: Record) -> None:  # noqa: A002 - the word of the control call
        if type not in KINDS:
            raise LoadError(f"clarity has no {type!r}; there are {', '.join(KINDS)}")
        kind = KINDS[type]
        whole = {**record, **self._identity(kind, record)}
        if not isinstance(whole[kind.id_name], str):
            raise LoadError(f"{kind.id_name} must be a string")
        try:
            self.keep(kind, whole)
        except (ValueError, TypeError):
            raise LoadError(f"{kind.singular} {whole[kind.id_name]}: updatedAt is no ISO 8601 instant") from None

    def remove(self, type: str, key: str) -> None:  # noqa: A002 - the word of the control call
        """Delete a record, as somebody in the shop's back office may. Raises LoadError."""
        if type not in KINDS or key not in self.collections[type].records:
            raise LoadError(f"clarity has no {type!r} with the id {key!r}")
        self.collections[type].remove(key)

    def snapshot(self) -> dict[str, list[Record]]:
        everything = {plural: list(collection) for plural, collection in self.collections.items()}
        return {**everything, "webhooks": self.subscriptions.listed()}

    def dump(self) -> dict[str, Any]:
        return {
            "records": {plural: list(collection) for plural, collection in self.collections.items()},
            "webhooks": self.subscriptions.dump(),
            "answers": self.answers.dump(),
            "tokens": self.credentials.tokens,
        }

    def restore(self, data: dict[str, Any]) -> None:
        self._empty()
        for plural, records in data["records"].items():
            for record in records:
                self.collections[plural].put(record)
        self.subscriptions.restore(data["webhooks"])
        self.answers.restore(data["answers"])
        self.credentials.tokens = data["tokens"]

    def new_record(self, kind: Kind, given: Record) -> Record:
        """A record of full shape, made now: what is given, an id, the time, and the defaults for the rest."""
        identity = self._identity(kind, given)
        return {**identity, **kind.shape, **given, **identity, "createdAt": identity["updatedAt"]}

    def _identity(self, kind: Kind, given: Record) -> Record:
        collection = self.collections[kind.plural]
        stamp = given.get("updatedAt") or collection.stamp(self.clock.now_ms())
        identity = {kind.id_name: given.get(kind.id_name) or collection.new_id(), "updatedAt": stamp}
        return {**identity, "version": given.get("version") or 1} if "version" in kind.shape else identity

    def bumped(self, kind: Kind, record: Record) -> Record:
        """The record as changed now."""
        stamp = self.collections[kind.plural].stamp(self.clock.now_ms())
        newer = {"version": record["version"] + 1} if "version" in record else {}
        return {**record, **newer, "updatedAt": stamp}

    def keep(self, kind: Kind, record: Record) -> None:
        """Store a record and tell those who subscribed to what happened. Raises ValueError for a bad updatedAt."""
        collection = self.collections[kind.plural]
        before = collection.records.get(record[kind.id_name])
        collection.put(record)
        for event, data in events(kind, before, record):
            self.subscriptions.publish(event, data)
