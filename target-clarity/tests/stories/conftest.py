"""A CRM's records on their way into the shop: builders, the target, and a look at what it did."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandbox.in_process import signals_kept
from sandbox.target_runs import Message, Ran, TargetRuns
from singer_rest.ledger import Content, Ledger
from target_clarity.target import TargetClarity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox

NOON = "2026-03-02T12:00:00Z"
CRM = "https://crm.example/api"
TEAM = f"{CRM} team-1"
SYNC: dict[str, Message] = {
    "orders": {"status": {"shared": True, "owner": "source", "equivalent": [["confirmed", "processing"]]}},
    "customers": {"addresses": {"add_only": True}},
}
ADDRESS = {"name": "Ada Byron", "line1": "1 Main St", "line2": None, "city": "Austin", "country": "US"}


class ShopCalls(Ran):
    """What a run left, and what it asked the shop."""

    @property
    def calls(self) -> list[str]:
        """Method and path of every call but the first, which signs in."""
        return [f"{one['method']} {one['path'].removeprefix('/api/v1')}" for one in self.requests[1:]]


class Crm(TargetRuns):
    """Makes records as the mapper does, and sends them to the target."""

    target, system, ran = TargetClarity, "clarity", ShopCalls

    def __init__(self, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        settings: dict[str, Any] = {
            "api_url": sandbox.clarity_url,
            "api_key": sandbox.clarity_key,
            "ledger_url": f"sqlite:///{tmp_path}/ledger.db",
            "source": CRM,
            "requests_per_second": 500,
            "retry_seconds": 3,
            "effects_since": "2026-01-01T00:00:00Z",
        }
        super().__init__(sandbox, tmp_path, caplog, settings)
        self.sync = deepcopy(SYNC)

    # what the shop has

    def has_orders(self, *numbers: int, **values: Any) -> None:
        self.load("orders", *({"orderId": str(number), "status": "pending"} | values for number in numbers or (1,)))

    def has_customer(self, name: str = "C-1", **values: Any) -> None:
        defaults = {"customerId": name, "firstName": "Ada", "lastName": "Byron", "email": "ada@acme.example"}
        self.load("customers", defaults | values)

    def load(self, kind: str, *records: Message) -> None:
        self.sandbox.load({"system": "clarity", "type": kind, "record": record} for record in records)

    def person(self, method: str, path: str, body: Any = None) -> Any:
        """Somebody works in the shop."""
        url, key = f"{self.sandbox.clarity_url}{path}", {"X-API-Key": self.sandbox.clarity_key}
        answer = requests.request(method, url, json=body, headers=key, timeout=10)
        answer.raise_for_status()
        return answer.json()

    # records

    def record(self, stream: str, external_id: str, source: Message, **values: Any) -> Message:
        origin = {"system": "streak", "stream": "boxes", "key": f"box-{external_id}", "updatedAt": NOON} | source
        record = {"externalId": external_id, "_flow": f"to-{stream}", "_source": origin, **values}
        return {"type": "RECORD", "stream": stream, "record": record}

    def order(self, number: int = 1, *, at: str = NOON, **values: Any) -> Message:
        return self.record("orders", str(number), {"updatedAt": at}, **values)

    def customer(self, name: str = "K1", *, at: str = NOON, **values: Any) -> Message:
        source = {"stream": "contacts", "key": name, "updatedAt": at}
        return self.record("customers", name, source, **{"email": "ada@acme.example"} | values)

    def note(self, number: int = 1, name: str = "task:T1:done", *, at: str = NOON, **values: Any) -> Message:
        defaults = {"orderId": str(number), "text": "Called: wants it on Friday"}
        return self.record(
            "notes", name, {"stream": "tasks", "key": name, "date": at, "updatedAt": at}, **defaults | values
        )

    def stage(self, value: str, number: int = 1, *, at: str = NOON) -> Message:
        change = {"path": "stageName", "value": value}
        values = {"orderId": str(number), "text": f"Moved to {value}", "_change": change}
        source = {"key": f"box-{number}", "date": at, "updatedAt": at}
        return self.record("notes", f"box:{number}:stage", source, **values)

    def invoice(self, number: int = 1, *, at: str = NOON, **values: Any) -> Message:
        source = {"date": at, "updatedAt": at}
        return self.record("invoices", f"box:{number}:won", source, **{"orderId": str(number)} | values)

    # the ledger

    def ledger(self) -> Ledger:
        url = self.settings["ledger_url"]
        return Ledger.open(url, source=self.settings["source"], destination=self.sandbox.clarity_url)

    def letters(self) -> list[Any]:
        with self.ledger() as ledger:
            return ledger.dead_letters.all()

    def came_over(self, stream: str, external_id: str, key: str, source: str, version: int, **values: Any) -> None:
        """The other direction carried a record of the shop over into the CRM."""
        url = self.settings["ledger_url"]
        with Ledger.open(url, source=self.sandbox.clarity_url, destination=TEAM) as ledger:
            content = Content("h", {"@source": source, **values}, NOON, version)
            ledger.links.written(stream, external_id, vendor_key=key, flow="there", content=content, result="created")


@pytest.fixture
def crm(sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Crm]:
    with signals_kept():
        yield Crm(sandbox, tmp_path, caplog)
