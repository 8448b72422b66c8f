"""A Streak account for the tap to read: the sandbox, or a local server that says exactly what a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from sandbox.tap_runs import TapRuns
from singer_rest.testing import Answer, ApiByPath
from tap_streak.tap import TapStreak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.testing import Sandbox

Json = dict[str, Any]
START = 1_777_680_000_000  # 2026-05-02T00:00:00Z
PIPELINE = {"key": "P", "name": "Sales", "stages": {"5001": {"key": "5001", "name": "Lead"}}, "stageOrder": ["5001"]}


def runs_of(url: str, key: str) -> TapRuns:
    return TapRuns(TapStreak, "boxes", "key", {"api_url": url, "api_key": key, "requests_per_second": 10_000})


@pytest.fixture
def runs(sandbox: Sandbox) -> TapRuns:
    return runs_of(sandbox.streak_url, sandbox.streak_key)


class Crm:
    """Puts records into the sandbox, and works in it as people do."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.team: str = self.there("teams")[0]["key"]
        self.pipelines = {row["name"]: row["key"] for row in self.there("pipelines")}

    def there(self, noun: str) -> list[Json]:
        """What the sandbox holds."""
        return self._sandbox.snapshot()["streak"][noun]

    def load(self, noun: str, *records: Json) -> None:
        self._sandbox.load([{"system": "streak", "type": noun, "record": record} for record in records], events=False)

    def boxes(self, count: int, pipeline: str = "Web Orders", **common: Any) -> list[Json]:
        """Boxes box-0001 … a second apart."""
        made = [self.box(number, pipeline, **common) for number in range(1, count + 1)]
        self.load("boxes", *made)
        return made

    def box(self, number: int, pipeline: str = "Web Orders", **own: Any) -> Json:
        when = START + number * 1000
        return {
            "key": f"box-{number:04}",
            "name": f"Box {number}",
            "pipelineKey": self.pipelines[pipeline],
            "creationTimestamp": when,
            "lastUpdatedTimestamp": when,
            "lastSavedTimestamp": when,
            **own,
        }

    def contacts(self, count: int, **common: Any) -> list[Json]:
        """Contacts contact-0001 … a second apart."""
        made = [
            {
                "key": f"contact-{number:04}",
                "givenName": f"Ada {number}",
                "emailAddresses": [f"ada{number}@acme.example"],
                "creationDate": START,
                "lastSavedTimestamp": START + number * 1000,
                **common,
            }
            for number in range(1, count + 1)
        ]
        self.load("contacts", *made)
        return made

    def call(self, method: str, path: str, **options: Any) -> Any:
        """A call of the API, as a person's client makes it."""
        key = (self._sandbox.streak_key, "")
        answer = requests.request(method, f"{self._sandbox.streak_url}{path}", auth=key, timeout=30, **options)
        answer.raise_for_status()
        return answer.json()

    def switch(self, **switches: Any) -> None:
        """Let the sandbox be another Streak, where nobody knows the real one."""
        url = f"{self._sandbox.streak_origin}/_sandbox/streak"
        requests.post(url, json=switches, timeout=30).raise_for_status()

    def asked(self, part: str) -> list[Json]:
        """The requests so far whose path holds this."""
        return [entry for entry in self._sandbox.requests("streak") if part in entry["path"]]


@pytest.fixture
def crm(sandbox: Sandbox) -> Crm:
    return Crm(sandbox)


class Server(ApiByPath):
    """Streak as a test wants it: one team T with a pipeline P and nothing in it."""

    def __init__(self) -> None:
        super().__init__()
        self.otherwise = Answer.of([])
        self.always["/api/v2/users/me/teams"] = {"results": [{"key": "T", "name": "Acme"}], "hasNextPage": False}
        self.always["/api/v1/pipelines"] = [PIPELINE]

    @property
    def runs(self) -> TapRuns:
        return runs_of(self.url, "secret-key")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def canned() -> Callable[..., Answer]:
    return Answer.of
