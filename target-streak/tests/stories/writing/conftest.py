"""A shop's records on their way into Streak: builders, the target, and a look at what it did."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandbox.in_process import signals_kept
from sandbox.target_runs import Message, Ran, TargetRuns
from singer_rest.ledger import Ledger
from target_streak.target import TargetStreak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox
    from singer_rest.testing import PostgresServer

NOON = "2026-03-02T12:00:00Z"
FIELDS: dict[str, Message] = {
    "Order ID": {"type": "string", "x-sync": {"identity": True}},
    "Total": {"type": ["number", "null"]},
    "Order Date": {"type": ["string", "null"], "format": "date-time"},
    "Currency": {"type": ["string", "null"], "x-sync": {"field_type": "DROPDOWN"}},
    "Tags": {"type": ["array", "null"], "items": {"type": "string"}},
    "Gift": {"type": ["boolean", "null"]},
}
PIPELINES = ["Web Orders", "Key Accounts"]
STAGES = ["New Order", "In Fulfillment", "Shipped", "On Hold", "Won"]
SYNC: dict[str, Message] = {
    "boxes": {"pipelineName": {"create_only": True}, "stageName": {"shared": True, "owner": "source"}},
    "contacts": {name: {"create_only": ["order-contact"]} for name in ("givenName", "familyName", "emailAddresses")},
    "organizations": {name: {"create_only": ["order-organization"]} for name in ("name", "domains")},
}


class StreakCalls(Ran):
    """What a run left, and what it asked Streak."""

    @property
    def calls(self) -> list[str]:
        """Method and path of every call but those that connect and learn the names."""
        connecting = ("/users/me", "/pipelines")
        return [
            f"{one['method']} {one['path'].removeprefix('/api')}"
            for one in self.requests
            if not (one["method"] == "GET" and one["path"].removesuffix("/teams").endswith(connecting))
        ]

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.startswith("GET")]


class Shop(TargetRuns):
    """Makes records as the mapper does, and sends them to the target."""

    target, system, ran = TargetStreak, "streak", StreakCalls

    def __init__(
        self, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, ledger: Callable[[], str]
    ) -> None:
        settings: dict[str, Any] = {
            "api_url": sandbox.streak_url,
            "api_key": sandbox.streak_key,
            "ledger_url": ledger(),
            "create_missing_fields": True,
            "requests_per_second": 500,
            "retry_seconds": 3,
            "effects_since": "2026-01-01T00:00:00Z",
        }
        super().__init__(sandbox, tmp_path, caplog, settings)
        self._empty_ledger = ledger
        self.sync = deepcopy(SYNC)
        self.custom_fields = dict(FIELDS)

    # records

    def record(self, stream: str, external_id: str, flow: str, source: Message, **values: Any) -> Message:
        origin = {"system": "clarity", "stream": "orders", "key": external_id, "updatedAt": NOON} | source
        record = {"externalId": external_id, "_flow": flow, "_source": origin, **values}
        return {"type": "RECORD", "stream": stream, "record": record}

    def box(self, number: int = 1, *, at: str = NOON, fields: Message | None = None, **values: Any) -> Message:
        order = str(100000 + number)
        defaults = {"name": f"Order {order}", "pipelineName": "Web Orders", "stageName": "New Order"}
        given = {"Order ID": order, "Total": 208.35} | (fields or {})
        source = {"key": order, "updatedAt": at}
        return self.record("boxes", order, "order-box", source, **defaults | values, fieldValues=given)

    def contact(self, name: str = "C1", *, at: str = NOON, flow: str = "customer-contact", **values: Any) -> Message:
        defaults = {"givenName": "Ada", "familyName": "Lovelace", "emailAddresses": ["ada@acme.example"]}
        source = {"stream": "customers", "key": name, "updatedAt": at}
        return self.record("contacts", name, flow, source, **defaults | values)

    def organization(self, known_as: str = "K1", *, at: str = NOON, **values: Any) -> Message:
        defaults = {"name": "Acme", "domains": ["acme.example"]}
        source = {"stream": "customers", "key": known_as, "updatedAt": at}
        return self.record("organizations", known_as, "customer-organization", source, **defaults | values)

    def comment(self, number: int = 1, name: str = "payment:P1:captured", *, at: str = NOON, **values: Any) -> Message:
        defaults = {"boxExternalId": str(100000 + number), "message": "Payment captured: 208.35 USD"}
        source = {"stream": "payments", "key": name, "updatedAt": at, "date": at}
        return self.record("comments", name, "payment-comment", source, **defaults | values)

    def status(self, value: str, number: int = 1, *, at: str = NOON, first: bool = False) -> Message:
        order = str(100000 + number)
        change = {"path": "status", "value": value} | ({"first": True} if first else {})
        given = {"boxExternalId": order, "message": f"Order status changed to {value}", "_change": change}
        source = {"key": order, "updatedAt": at, "date": at}
        return self.record("comments", f"order:{order}:status", "order-status", source, **given)

    def task(self, number: int = 1, *, at: str = NOON, **values: Any) -> Message:
        order = str(100000 + number)
        defaults = {"boxExternalId": order, "text": f"Follow up on {order}", "dueDate": "2026-03-03T15:00:00Z"}
        source = {"key": order, "updatedAt": at, "date": at}
        return self.record("tasks", f"order:{order}:follow-up", "order-follow-up", source, **defaults | values)

    def properties(self, stream: str) -> Message:
        properties = super().properties(stream)
        if stream == "boxes":
            names = {"pipelineName": PIPELINES, "stageName": STAGES}
            properties |= {name: properties[name] | {"enum": known} for name, known in names.items()}
            properties["fieldValues"] = {"type": "object", "properties": self.custom_fields}
        return properties

    # what is there

    def ledger(self) -> Ledger:
        team = self.stored("teams")[0]["key"]
        destination = f"{self.sandbox.streak_url} {team}"
        return Ledger.open(self.settings["ledger_url"], source="default", destination=destination)

    def lose_ledger(self) -> None:
        """The ledger is gone; the next run begins with an empty one."""
        self.settings["ledger_url"] = self._empty_ledger()

    def letters(self) -> list[Any]:
        with self.ledger() as ledger:
            return ledger.dead_letters.all()

    def stage(self, box: dict[str, Any] | None = None) -> str:
        box = box or self.only("boxes")
        pipeline = next(one for one in self.stored("pipelines") if one["key"] == box["pipelineKey"])
        return str(pipeline["stages"][box["stageKey"]]["name"])

    def move(self, stage: str, box: dict[str, Any] | None = None) -> None:
        """A person drags a box to another stage of its pipeline."""
        box = box or self.only("boxes")
        pipeline = next(one for one in self.stored("pipelines") if one["key"] == box["pipelineKey"])
        key = next(key for key, one in pipeline["stages"].items() if one["name"] == stage)
        self.person("POST", f"/v1/boxes/{box['key']}", {"stageKey": key})

    def fields(self, box: dict[str, Any] | None = None) -> dict[str, Any]:
        box = box or self.only("boxes")
        pipeline = next(one for one in self.stored("pipelines") if one["key"] == box["pipelineKey"])
        names = {field["key"]: field["name"] for field in pipeline["fields"]}
        return {names[key]: value for key, value in box["fields"].items()}

    def person(self, method: str, path: str, body: Any = None) -> Any:
        """Somebody works in Streak."""
        url = f"{self.sandbox.streak_url}{path}"
        answer = requests.request(method, url, json=body, auth=(self.sandbox.streak_key, ""), timeout=10)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """What the ledger lives in; a module's `pytestmark` may ask for both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def empty_ledger(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a ledger that is not there yet."""
    if database == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgresql")
        return server.database
    names = iter(("ledger", "another", "third"))
    return lambda: f"sqlite:///{tmp_path}/{next(names)}.db"


@pytest.fixture
def shop(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, empty_ledger: Callable[[], str]
) -> Iterator[Shop]:
    with signals_kept():
        yield Shop(sandbox, tmp_path, caplog, empty_ledger)
