"""A plain client of the sandbox's Streak side, for tests that look at single calls."""

from __future__ import annotations

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
        assert self.session.post(f"{origin}/_sandbox/streak", json=settings, timeout=10).status_code == 200

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
