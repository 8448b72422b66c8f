"""What stories of the target share: a person at work in Streak, and connections to one team on one ledger."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import requests
from singer_rest.ledger import Ledger
from streak_api.teams import sign_in
from target_streak.connection import Connection, streak_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox

    Open = Callable[..., Connection]


class Streak:
    """A person at work in Streak."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def call(self, method: str, path: str, **json: Any) -> Any:
        url = f"{self.sandbox.streak_url}{path}"
        answer = requests.request(method, url, json=json, auth=(self.sandbox.streak_key, ""), timeout=10)
        answer.raise_for_status()
        return answer.json()

    def pipeline(self, name: str = "Web Orders") -> dict[str, Any]:
        pipelines = self.sandbox.snapshot()["streak"]["pipelines"]
        return next(pipeline for pipeline in pipelines if pipeline["name"] == name)

    def stage_path(self, name: str) -> str:
        pipeline = self.pipeline()
        key = next(key for key, stage in pipeline["stages"].items() if stage["name"] == name)
        return f"/v1/pipelines/{pipeline['key']}/stages/{key}"

    def make_field(self, name: str, field_type: str = "TEXT_INPUT") -> dict[str, Any]:
        made: dict[str, Any] = self.call(
            "POST", f"/v2/pipelines/{self.pipeline()['key']}/fields", name=name, type=field_type
        )
        return made

    def fields(self, name: str = "Web Orders") -> dict[str, dict[str, Any]]:
        return {field["name"]: field for field in self.pipeline(name)["fields"]}


@pytest.fixture
def streak(sandbox: Sandbox) -> Streak:
    return Streak(sandbox)


@pytest.fixture
def team(sandbox: Sandbox, tmp_path: Path) -> Iterator[Open]:
    opened: list[Any] = []

    def open_one(*, dry_run: bool = False, **settings: Any) -> Connection:
        config = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "requests_per_second": 200}
        client = streak_client(config | {"retry_seconds": 5})
        ledger = Ledger.open(f"sqlite:///{tmp_path}/ledger.db", source="shop", destination="streak", owner="test")
        opened.extend([client, ledger])
        account = sign_in(client, settings.get("team"))
        return Connection(client, ledger, account, settings, logging.getLogger("target-streak"), dry_run=dry_run)

    yield open_one
    for each in opened:
        each.close()
