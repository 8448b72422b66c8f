"""Plain clients of both APIs, for tests that look at single calls."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing import Sandbox


class StreakClient:
    """Calls the API and gives parsed answers; `refused` gives the status too."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.streak_url
        self.session = requests.Session()
        self.session.auth = (sandbox.streak_key, "")

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}/{path}", timeout=10, **options)

    def get(self, path: str, **params: Any) -> Any:
        return self.parsed(self.send("GET", path, params=params))

    def post(self, path: str, body: Any, **params: Any) -> Any:
        return self.parsed(self.send("POST", path, json=body, params=params))

    def delete(self, path: str) -> Any:
        return self.parsed(self.send("DELETE", path))

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        answer = self.send(method, path, **options)
        assert answer.status_code >= 400
        return answer.status_code, answer.json() if answer.content else None

    def parsed(self, answer: requests.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json(parse_float=Decimal)

    def switch(self, **settings: Any) -> None:
        origin = self.url.removesuffix("/api")
        assert self.session.post(f"{origin}/_sandbox/streak", json=settings, timeout=60).status_code == 200

    @property
    def team(self) -> str:
        return str(self.get("v2/users/me/teams")["results"][0]["key"])

    def pipeline(self, name: str = "Web Orders") -> str:
        return next(str(pipeline["key"]) for pipeline in self.get("v1/pipelines") if pipeline["name"] == name)

    def box(self, name: str = "Acme deal", **more: Any) -> Any:
        return self.post(f"v2/pipelines/{self.pipeline()}/boxes", {"name": name, **more})

    def field(self, name: str, kind: str, *labels: str) -> Any:
        path = f"pipelines/{self.pipeline()}/fields"
        made = self.post(f"v2/{path}", {"name": name, "type": kind})
        settings, listed, label = {"TAG": ("tagSettings", "tags", "tag")}.get(
            kind, ("dropdownSettings", "items", "name")
        )
        options = {settings: {listed: [{label: text} for text in labels]}}
        return self.post(f"v1/{path}/{made['key']}", options) if labels else made


@pytest.fixture
def streak(sandbox: Sandbox) -> Iterator[StreakClient]:
    client = StreakClient(sandbox)
    yield client
    client.session.close()


class Shop:
    """A caller of the Clarity API with the API key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers["X-API-Key"] = sandbox.clarity_key

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.sandbox.clarity_url}/{path}", timeout=10, **options)

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, params=query).json()

    def load(self, type: str, *records: dict[str, Any]) -> None:  # noqa: A002 - the word of the control call
        self.sandbox.load({"system": "clarity", "type": type, "record": record} for record in records)

    def stored(self, type: str) -> list[dict[str, Any]]:  # noqa: A002
        return self.sandbox.snapshot()["clarity"][type]


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[Shop]:
    shop = Shop(sandbox)
    yield shop
    shop.session.close()


@pytest.fixture
def order(shop: Shop) -> dict[str, Any]:
    """One order in an otherwise empty shop."""
    shop.load(
        "orders",
        {
            "orderId": "100234",
            "orderNumber": "SO-100234",
            "customerId": "C-881",
            "status": "shipped",
            "currency": "USD",
            "totalAmount": 208.38,
            "orderDate": "2026-05-02T14:03:11Z",
            "updatedAt": "2026-05-02T15:00:00Z",
            "version": 3,
            "shippingAddress": {"line1": "1 Main St", "city": "Austin"},
        },
    )
    return shop.stored("orders")[0]


class Account:
    """A small account with a record of every noun, for tables of calls that name keys as `<box>`."""

    def __init__(self, streak: StreakClient) -> None:
        team, pipeline = streak.team, streak.pipeline()
        users = streak.get(f"v2/teams/{team}/users")["results"]
        self.keys = {user["email"].partition("@")[0]: str(user["key"]) for user in users}
        self.keys |= {"team": team, "pipeline": pipeline, "me": self.keys["robot"]}
        for field in (("Size", "TEXT_INPUT"), ("Region", "DROPDOWN", "EU", "US"), ("Labels", "TAG", "web", "shop")):
            streak.field(*field)
        streak.field("Due", "DATE")
        streak.field("Paid", "CHECKBOX")
        tier = {"name": "Tier", "type": "DROPDOWN", "dropdownSettings": {"items": [{"name": "Gold"}]}}
        tiers = {"contactSettings": {"fields": {"1001": tier}}}
        tiers |= {"organizationSettings": {"fields": {"1001": {"name": "Tier", "type": "TEXT_INPUT"}}}}
        streak.post(f"v2/teams/{team}", tiers)
        for noun, path, body in MADE_BY_POST:
            self.keys[noun] = streak.post(self.filled(path), self.filled(body))["key"]
        for noun, path, form in MADE_BY_PUT:
            self.keys[noun] = streak.parsed(streak.send("PUT", self.filled(path), data=self.filled(form)))["key"]

    def filled(self, value: Any) -> Any:
        """The value with every `<name>` in it replaced by the key of that record."""
        text = json.dumps(value)
        for name, key in self.keys.items():
            text = text.replace(f"<{name}>", key)
        return json.loads(text)

    def differences(self, answer: Any, expected: dict[str, Any]) -> list[str]:
        """What is not as expected: by dotted path, `#` is a length, `*` stands for anything but null."""
        values = {path: _at(answer, path) for path in expected}
        return [
            f"{path} is {values[path]!r}, not {value!r}"
            for path, value in expected.items()
            if (values[path] is None if value == "*" else values[path] != value)
        ]


MADE_BY_POST: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("empty_pipeline", "v2/pipelines", {"name": "Scratch", "teamKey": "<team>", "stages": ["A", "B"]}),
    ("organization", "v2/teams/<team>/organizations", {"name": "Acme", "domains": ["acme.example"]}),
    ("other_organization", "v2/teams/<team>/organizations", {"name": "Zebra Inc"}),
    (
        "contact",
        "v2/teams/<team>/contacts",
        {"givenName": "Ada", "familyName": "Byron", "emailAddresses": ["ada@acme.example"]},
    ),
    ("other_contact", "v2/teams/<team>/contacts", {"emailAddresses": ["bob@zebra.example"]}),
    ("other_box", "v2/pipelines/<pipeline>/boxes", {"name": "Zebra"}),
    ("box", "v2/pipelines/<pipeline>/boxes", {"name": "Acme deal"}),
    ("box", "v1/boxes/<box>", {"contacts": [{"key": "<contact>"}], "organizations": [{"key": "<organization>"}]}),
    (
        "task",
        "v2/boxes/<box>/tasks",
        {"text": "Call Ada", "dueDate": 1735689600000, "assignedTo": [{"userKey": "<maya>"}]},
    ),
    ("comment", "v2/boxes/<box>/comments", {"message": "Wants it in red"}),
    (
        "meeting",
        "v2/boxes/<box>/meetings",
        {"meetingType": "CALL_LOG", "startTimestamp": 1735689600000, "duration": 60000, "taskKeys": ["<task>"]},
    ),
    ("webhook", "v2/webhooks", {"event": "BOX_EDIT", "targetUrl": "http://127.0.0.1:9/", "pipelineKey": "<pipeline>"}),
    ("file", "v2/files/", {"driveFileId": "1aB2c", "driveBoxKey": "<box>"}),
)
MADE_BY_PUT: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("api_key", "v1/apikeys", {}),
    ("snippet", "v1/snippets", {"snippetName": "Thanks", "snippetText": "Thank you"}),
    ("thread", "v1/boxes/<box>/threads", {"boxKey": "<box>", "threadGmailId": "14c3c0a1f9a3b1d2"}),
)


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if part == "#":
            return len(answer)
        try:
            answer = answer[int(part)] if isinstance(answer, list) else answer[part]
        except (LookupError, TypeError):
            return None
    return answer


@pytest.fixture
def account(streak: StreakClient) -> Account:
    """An account with one of everything."""
    return Account(streak)
