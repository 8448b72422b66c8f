"""A team of Streak in memory: pipelines, boxes, contacts; and a ledger in memory."""

from __future__ import annotations

import logging
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import ApiError
from singer_rest.http.answers import Answer
from singer_rest.ledger import Ledger
from streak_api.teams import Account
from target_streak.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, Any]
TEAM = {
    "key": "t1",
    "name": "Sales",
    "members": [
        {"userKey": "u1", "email": "Ada@shop.example", "role": "Owner"},
        {"userKey": "u2", "email": "pay@shop.example", "role": "PayerOnly"},
    ],
    "contactSettings": {"fields": {"1": {"name": "Tier", "type": "TEXT_INPUT"}}},
}


class FakeStreak:
    """Answers as Streak does, from what a test puts into it; `calls` are method and path."""

    def __init__(self) -> None:
        self.pipelines: dict[str, Row] = {}
        self.boxes: dict[str, list[Row]] = {}
        self.effects: dict[str, list[Row]] = {}
        self.contacts: list[Row] = []
        self.calls: list[str] = []
        self.refuses: set[str] = set()
        self.at_once: int | None = None

    def add_pipeline(self, name: str, *stages: str, fields: tuple[Row, ...] = ()) -> str:
        key = f"p{len(self.pipelines) + 1}"
        made = {str(5001 + number): {"name": stage} for number, stage in enumerate(stages)}
        self.pipelines[key] = {"key": key, "name": name, "teamKey": "t1", "stages": made, "fields": [*fields]}
        return key

    def ask(self, method: str, path: str, *, params: Row | None = None, **_: Any) -> Answer:
        self.calls.append(f"{method} {path}")
        return Answer(deepcopy(self._read(path, params or {})))

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options).body

    def create(self, path: str, *, json: Row, look_up: Callable[[], Any], **_: Any) -> Any:
        self.calls.append(f"POST {path}")
        if path in self.refuses:
            raise ApiError(404, "no such path", "POST", path)
        made = self._make(path.split("/")[2:], json)
        return look_up() if "lost" in self.refuses else deepcopy(made)

    def request(self, method: str, path: str, *, form: Row, **_: Any) -> Any:
        self.calls.append(f"{method} {path}")
        return deepcopy(self._make(path.split("/")[2:], form))

    def _read(self, path: str, params: Row) -> Any:
        match path.split("/")[2:]:
            case ["pipelines"]:
                return list(self.pipelines.values())
            case ["pipelines", key] if key in self.pipelines:
                return self.pipelines[key]
            case ["pipelines", key, "boxes"]:
                return self._boxes([*reversed(self.boxes.get(key, []))], params)
            case ["teams", "t1"]:
                return TEAM
            case ["teams", "t1", "contacts"]:
                return {"results": self.contacts}
            case ["boxes", key, stream]:
                return {"results": self.effects.get(f"{key} {stream}", [])}
        raise ApiError(404, "no such thing", "GET", path)

    def _boxes(self, newest_first: list[Row], params: Row) -> Any:
        if "limit" not in params:
            return newest_first[: self.at_once]
        first = params["page"] * params["limit"]
        more = first + params["limit"] < len(newest_first)
        return {"results": newest_first[first : first + params["limit"]], "hasNextPage": more}

    def _make(self, parts: list[str], body: Row) -> Row:
        match parts:
            case ["pipelines"]:
                stages = body.get("stages") or str(body.get("stageNames") or "").split(",")
                return self.pipelines[self.add_pipeline(body["name"], *stages)]
            case ["pipelines", key, "stages"]:
                stages = self.pipelines[key]["stages"]
                stage: Row = {"name": body["name"]}
                stages[str(5001 + len(stages))] = stage
                return stage
            case ["pipelines", key, "fields"]:
                fields = self.pipelines[key]["fields"]
                made: Row = {"key": str(1001 + len(fields)), "name": body["name"], "type": body["type"]}
                fields.append(made)
                return made
        _, key, _, field_key = parts
        field: Row = next(field for field in self.pipelines[key]["fields"] if field["key"] == field_key)
        for setting, listed in (("dropdownSettings", "items"), ("tagSettings", "tags")):
            for option in body.get(setting, {}).get(listed, []):
                options = field.setdefault(setting, {}).setdefault(listed, [])
                options.append({"key": str(9001 + len(options)), **option})
        return field


@pytest.fixture
def streak() -> FakeStreak:
    return FakeStreak()


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.in_memory() as opened:
        yield opened


@pytest.fixture
def sign_in(streak: FakeStreak, ledger: Ledger) -> Callable[..., Connection]:
    """A run's connection; the ledger stays from run to run."""

    def signed_in(*, dry_run: bool = False, **settings: Any) -> Connection:
        client: Any = streak
        account = Account({"key": "u1", "email": "ada@shop.example"}, TEAM)
        connection = Connection(client, ledger, account, settings, logging.getLogger("target-streak"), dry_run=dry_run)
        streak.calls.clear()
        return connection

    return signed_in
