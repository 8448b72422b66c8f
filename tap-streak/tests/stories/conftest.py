"""A Streak account for the tap to read: the sandbox, or a local server that says exactly what a test wants."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections import defaultdict, deque
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tap_streak.tap import TapStreak

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing import Sandbox

Json = dict[str, Any]
START = 1_777_680_000_000  # 2026-05-02T00:00:00Z


@dataclass
class Output:
    """What a tap wrote."""

    messages: list[Json]

    @property
    def records(self) -> dict[str, list[Json]]:
        found: dict[str, list[Json]] = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    @property
    def state(self) -> Json:
        return next(message["value"] for message in reversed(self.messages) if message["type"] == "STATE")

    def keys(self, stream: str = "boxes") -> list[str]:
        return [record["key"] for record in self.records[stream]]

    def deleted(self, stream: str = "boxes") -> list[str]:
        return [record["key"] for record in self.records[stream] if record.get("_sdc_deleted_at")]


def parsed(text: str) -> Output:
    return Output([json.loads(line, parse_float=Decimal) for line in text.splitlines()])


class Runs:
    """Runs the tap: in this process, or as the program that users start."""

    def __init__(self, config: Json) -> None:
        self.config = {"requests_per_second": 10_000, **config}

    def tap(self, *streams: str, **settings: Any) -> TapStreak:
        tap = TapStreak(config={**self.config, **settings})
        for name, stream in tap.streams.items():
            stream.selected = name in (streams or tap.streams)
        return tap

    def sync(self, *streams: str, state: Json | None = None, catalog: Json | None = None, **settings: Any) -> Output:
        tap = TapStreak(config={**self.config, **settings}, state=json.loads(json.dumps(state or {})), catalog=catalog)
        for name, stream in tap.streams.items():
            stream.selected = stream.selected and name in (streams or tap.streams)
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(out):
            tap.sync_all()
        out.seek(0)
        return parsed(out.read())

    def program(self, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
        config = {name: value for name, value in {**self.config, **settings}.items() if value is not None}
        return subprocess.run(
            [sys.executable, "-m", "tap_streak", "--config", "/dev/stdin", *arguments],
            input=json.dumps(config),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def runs(sandbox: Sandbox) -> Runs:
    return Runs({"api_url": sandbox.streak_url, "api_key": sandbox.streak_key})


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


@dataclass
class Answer:
    """One canned HTTP answer; bytes go out as they are."""

    body: Any = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


PIPELINE = {"key": "P", "name": "Sales", "stages": {"5001": {"key": "5001", "name": "Lead"}}, "stageOrder": ["5001"]}


@dataclass
class Server:
    """A local server: answers queued by path, then what `always` says of the path; and what it was asked."""

    origin: str = ""
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def runs(self) -> Runs:
        return Runs({"api_url": f"{self.origin}/api", "api_key": "secret-key"})

    def says(self, path: str, *answers: Answer) -> None:
        self.answers[f"/api{path}"].extend(answers)

    def next_answer(self, path: str) -> Answer:
        path, _, query = path.partition("?")
        if queue := self.answers[path]:
            return queue.popleft()
        known = self.always.get(path.removeprefix("/api"))
        return Answer(known(query) if callable(known) else known if known is not None else [])

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


class ServerRequest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_says: Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server_says.asked.append((self.command, self.path, dict(self.headers)))
        answer = self.server_says.next_answer(self.path)
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    do_POST = do_GET  # noqa: N815 - the server's name for it

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    """Streak as a test wants it: one team T with a pipeline P and nothing in it."""
    server = Server()
    server.always["/v2/users/me/teams"] = {"results": [{"key": "T", "name": "Acme"}], "hasNextPage": False}
    server.always["/v1/pipelines"] = [PIPELINE]
    serving = ThreadingHTTPServer(("127.0.0.1", 0), type("Request", (ServerRequest,), {"server_says": server}))
    serving.daemon_threads = True
    server.origin = f"http://127.0.0.1:{serving.server_port}"
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    serving.shutdown()
    serving.server_close()
    thread.join()


@pytest.fixture
def canned() -> type[Answer]:
    return Answer
