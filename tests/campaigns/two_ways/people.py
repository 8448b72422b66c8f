"""People at work: in the shop and in the CRM, through the APIs, as their programs do it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shop import customer, guest, order

if TYPE_CHECKING:
    from requests import Session
    from sandbox.testing import Sandbox

NAMES = {"firstName": "givenName", "lastName": "familyName", "title": "title"}
"""What shop and CRM call the properties of a person that both may edit."""
FIRST = 100230
BUYERS: tuple[dict[str, Any], ...] = ({"customerId": "C-881"}, {"customerId": "C-882", "email": "grace@navy.example"})
"""What the orders of the first customers say of them."""


class Shop:
    """The shop's staff and its customers."""

    def __init__(self, sandbox: Sandbox, session: Session, buyers: tuple[dict[str, Any], ...] = BUYERS) -> None:
        self._sandbox, self._session = sandbox, session
        self.orders: dict[str, dict[str, Any]] = {}
        self.customers: dict[str, dict[str, Any]] = {}
        self.first: dict[str, Any] = {}
        self.guest: dict[str, Any] = {}
        self.ahead, self.series = timedelta(), "SO"
        self._buyers: list[dict[str, Any] | None] = [*buyers, None]

    def open(self, orders: int, more_customers: int = 0) -> None:
        """Begin with two customers, or more, and some orders."""
        for number in range(883, 883 + more_customers):
            buyer = {"customerId": f"C-{number}", "email": f"buyer{number}@navy.example"}
            self._buyers.insert(-1, buyer)
        named = {"firstName": "Grace", "lastName": "Hopper", "company": None}
        self._sandbox.load(
            [customer(**self.first), *(customer(**named, **buyer) for buyer in self._buyers[1:-1] if buyer)]
        )
        for _ in range(orders):
            self.is_ordered(len(self.orders))
        self.look()

    def is_ordered(self, who: int) -> str:
        """Somebody orders: a customer, or a guest."""
        number = FIRST + len(self.orders)
        person = self._buyers[who % len(self._buyers)]
        now = (datetime.now(UTC) + self.ahead).strftime("%Y-%m-%dT%H:%M:%SZ")
        dates = {"orderDate": now, "updatedAt": now}
        dates["orderNumber"] = f"{self.series}-{number}"
        named = guest(number, **dates, **self.guest) if person is None else order(number, **dates, **person)
        self._sandbox.load([named])
        self.orders[str(number)] = {}
        return str(number)

    def patch(self, kind: str, name: str, **values: Any) -> bool:
        """Somebody edits a record; False when the shop does not allow it."""
        url, key = f"{self._sandbox.clarity_url}/{kind}/{name}", {"X-API-Key": self._sandbox.clarity_key}
        return self._session.patch(url, json=values, headers=key, timeout=10).status_code == 200

    def buyer(self, email: str) -> int:
        """The place of a customer among those who order; a guest's is the last one."""
        emails = [(person or {}).get("email", self.customers["C-881"]["email"]) for person in self._buyers[:-1]]
        return emails.index(email) if email in emails else len(self._buyers) - 1

    def look(self) -> None:
        """See what there is."""
        store = self._sandbox.snapshot()["clarity"]
        self.orders = {one["orderId"]: one for one in store["orders"]}
        self.customers = {one["customerId"]: one for one in store["customers"]}


class Team:
    """The sales people: boxes by order id, contacts by e-mail address, stages by the name they had at first."""

    def __init__(self, sandbox: Sandbox, session: Session) -> None:
        self._sandbox, self._session = sandbox, session
        self.boxes: dict[str, dict[str, Any]] = {}
        self.doubles: list[str] = []
        self.contacts: dict[str, dict[str, Any]] = {}
        self.pipelines: dict[str, dict[str, Any]] = {}
        self.people: list[dict[str, Any]] = []
        self.organizations: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self._names: dict[tuple[str, str], str] = {}

    def look(self) -> None:
        """See what there is."""
        store = self._sandbox.snapshot()["streak"]
        self.pipelines = {one["key"]: one for one in store["pipelines"] if self.works_in(one)}
        for key, pipeline in self.pipelines.items():
            for stage, about in pipeline["stages"].items():
                self._names.setdefault((key, stage), about["name"])
        self.boxes, self.doubles = {}, []
        for box in filter(self.sees, store["boxes"]):
            name = self.name_of(box)
            self.doubles += [name] if name in self.boxes else []
            self.boxes[name] = box
        self.people, self.organizations = list(filter(self.sees, store["contacts"])), store["organizations"]
        self.contacts = {email: one for one in self.people for email in one["emailAddresses"]}
        self.comments, self.tasks = store["comments"], store["tasks"]

    def works_in(self, _pipeline: dict[str, Any]) -> bool:
        """Whether these people work in a pipeline."""
        return True

    def sees(self, record: dict[str, Any]) -> bool:
        """Whether a box or contact belongs to these people's work."""
        return record.get("pipelineKey") is None or record["pipelineKey"] in self.pipelines

    def name_of(self, box: dict[str, Any]) -> str:
        """The order of a box."""
        return str(self.field(box, "Order ID"))

    def stage(self, box: dict[str, Any]) -> str:
        """The box's stage, as it was called at first."""
        return self._names[box["pipelineKey"], box["stageKey"]]

    def field(self, box: dict[str, Any], name: str) -> Any:
        """A custom field's value."""
        key = self._field_key(box["pipelineKey"], name)
        return (box.get("fields") or {}).get(key)

    def edit(self, box: dict[str, Any], **values: Any) -> None:
        """Somebody edits a box; `stage` is a name, `fields` have names."""
        place = box["pipelineKey"]
        if stage := values.pop("stage", None):
            values["stageKey"] = next(
                key for (where, key), name in self._names.items() if (where, name) == (place, stage)
            )
        if fields := values.pop("fields", None):
            values["fields"] = {self._field_key(place, name): value for name, value in fields.items()}
        self.post(f"v1/boxes/{box['key']}", values)

    def comment(self, box: dict[str, Any], text: str) -> None:
        """Somebody writes a comment."""
        self.post(f"v2/boxes/{box['key']}/comments", {"message": text})

    def finish(self, task: dict[str, Any]) -> None:
        """Somebody has done a task."""
        self.post(f"v2/tasks/{task['key']}", {"status": "DONE"})

    def move(self, box: dict[str, Any]) -> None:
        """Somebody puts a box into the other pipeline."""
        other = next(key for key in self.pipelines if key != box["pipelineKey"])
        self.post(f"v1/boxes/{box['key']}", {"pipelineKey": other})

    def edit_contact(self, email: str, **values: Any) -> None:
        """Somebody edits a person."""
        self.post(f"v2/contacts/{self.contacts[email]['key']}", values)

    def delete(self, box: dict[str, Any]) -> None:
        """Somebody deletes a box."""
        self.remove(f"v1/boxes/{box['key']}")

    def rename(self, pipeline: str, stage: str, name: str) -> None:
        """Somebody gives a stage another name."""
        key = next(key for (where, key), first in self._names.items() if (where, first) == (pipeline, stage))
        self.post(f"v1/pipelines/{pipeline}/stages/{key}", {"name": name})

    def _field_key(self, pipeline: str, name: str) -> str:
        fields = self.pipelines[pipeline]["fields"]
        return next((str(one["key"]) for one in fields if one["name"] == name), "")

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Say it to Streak, as its own program does."""
        url = f"{self._sandbox.streak_url}/{path}"
        answer = self._session.post(url, json=body, auth=(self._sandbox.streak_key, ""), timeout=10)
        answer.raise_for_status()
        saved: dict[str, Any] = answer.json()
        return saved

    def remove(self, path: str) -> None:
        """Delete a record."""
        url = f"{self._sandbox.streak_url}/{path}"
        self._session.delete(url, auth=(self._sandbox.streak_key, ""), timeout=10).raise_for_status()
