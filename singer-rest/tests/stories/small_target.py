"""A target in thirty lines: what the library asks of one that writes `things` to a REST API."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, ClassVar

from requests.auth import HTTPBasicAuth
from singer_rest.http.answers import Wording
from singer_rest.http.client import RestClient
from singer_rest.http.rate_limit import RateLimit
from singer_rest.sync.sink import RestSink
from singer_rest.target.target import RestTarget

SETTINGS = json.loads(files("singer_rest.target").joinpath("settings.json").read_text())


class Things(RestSink):
    """Things with an id."""

    stream = "things"
    record_schema: ClassVar = {"type": "object", "properties": {"name": {"type": "string"}}}

    def create(self, record: Any, body: dict[str, Any]) -> dict[str, Any]:
        body = body | {"key": record.external_id}
        return dict(self.client.create("/things", json=body, look_up=lambda: self.look_up(record, None)))

    def look_up(self, record: Any, intent: Any) -> dict[str, Any] | None:  # noqa: ARG002
        found = self.client.get("/things", params={"key": record.external_id})
        return found["results"][0] if found["results"] else None

    def update(self, key: str, body: dict[str, Any], seen: Any) -> dict[str, Any]:  # noqa: ARG002
        return dict(self.client.put(f"/things/{key}", json=body))


class SmallTarget(RestTarget):
    """Writes things."""

    name = "small-target"
    sink_classes = (Things,)
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {"api_url": {"type": "string"}, **SETTINGS}}

    def connect(self) -> RestClient:
        return RestClient(
            base_url=self.config["api_url"],
            auth=HTTPBasicAuth("", ""),
            rate=RateLimit(self.config["requests_per_second"]),
            retry_seconds=self.config["retry_seconds"],
            request_timeout=self.config["request_timeout"],
            user_agent=self.name,
            wording=Wording(reason=lambda response: str(response.status_code)),
            pool=self.config["concurrency"],
        )

    def destination(self) -> str:
        return str(self.config["api_url"])


if __name__ == "__main__":
    SmallTarget.cli()
