"""A shop for the tap to read: the sandbox, or a local server that says exactly what a test wants."""

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
from tap_clarity.tap import TapClarity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.testing import Sandbox

Json = dict[str, Any]
ADDRESS = {
    "name": "Ada Byron",
    "company": "Acme Ltd",
    "line1": "1 Main St",
    "line2": None,
    "city": "Austin",
    "region": "TX",
    "postalCode": "78701",
    "country": "US",
    "phone": "+1 512 555 0100",
}


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

    def ids(self, stream: str = "orders", key: str = "orderId") -> list[str]:
        return [record[key] for record in self.records[stream]]


def parsed(text: str) -> Output:
    return Output([json.loads(line, parse_float=Decimal) for line in text.splitlines()])


class Runs:
    """Runs the tap: in this process, or as the program that users start."""

    def __init__(self, config: Json) -> None:
        self.config = config

    def tap(self, *streams: str, **settings: Any) -> TapClarity:
        tap = TapClarity(config={**self.config, **settings})
        for name, stream in tap.streams.items():
            stream.selected = name in (streams or tap.streams)
        return tap

    def sync(self, *streams: str, state: Json | None = None, catalog: Json | None = None, **settings: Any) -> Output:
        tap = TapClarity(config={**self.config, **settings}, state=json.loads(json.dumps(state or {})), catalog=catalog)
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
            [sys.executable, "-m", "tap_clarity", "--config", "/dev/stdin", *arguments],
            input=json.dumps(config),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def runs(sandbox: Sandbox) -> Runs:
    return Runs({"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key})


class Shelves:
    """Makes records as the sandbox stores them, and puts them there."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def load(self, kind: str, *records: Json) -> None:
        self._sandbox.load([{"system": "clarity", "type": kind, "record": record} for record in records])

    def orders(self, count: int, **common: Any) -> list[Json]:
        """Orders o-0001 … a second apart, or all with what `common` says."""
        made = [self.order(number, **common) for number in range(1, count + 1)]
        self.load("orders", *made)
        return made

    @staticmethod
    def order(number: int, **own: Any) -> Json:
        minute, second = divmod(number, 60)
        hour, minute = divmod(minute, 60)
        when = f"2026-05-02T{hour:02}:{minute:02}:{second:02}Z"
        return {
            "orderId": f"o-{number:04}",
            "orderNumber": f"SO-{number:04}",
            "customerId": None,
            "orderDate": when,
            "updatedAt": when,
            "version": 1,
            "status": "pending",
            "currency": "USD",
            "totalAmount": Decimal("208.38"),
            "lineItems": [],
            **own,
        }

    @staticmethod
    def customer(number: int, **own: Any) -> Json:
        return {
            "customerId": f"C-{number}",
            "firstName": "Ada",
            "lastName": "Byron",
            "email": f"ada{number}@acme.example",
            "updatedAt": "2026-05-01T00:00:00Z",
            "version": 1,
            **own,
        }


@pytest.fixture
def shelves(sandbox: Sandbox) -> Shelves:
    return Shelves(sandbox)


@dataclass
class Answer:
    """One canned HTTP answer; bytes go out as they are."""

    body: Any = field(default_factory=lambda: {"data": [], "totalCount": 0, "hasMore": False})
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Shop:
    """A local server: answers queued by path, else an empty list; and what it was asked."""

    origin: str = ""
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def runs(self) -> Runs:
        return Runs({"api_url": f"{self.origin}/api/v1", "api_key": "secret-key"})

    def says(self, path: str, *answers: Answer) -> None:
        self.answers[path].extend(answers)

    def next_answer(self, path: str) -> Answer:
        queue = self.answers[path.partition("?")[0]]
        return queue.popleft() if queue else Answer()

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


class ShopRequest(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: Shop

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.shop.asked.append((self.command, self.path, dict(self.headers)))
        answer = self.shop.next_answer(self.path)
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    do_POST = do_GET  # noqa: N815 - the server's name for it

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Request", (ShopRequest,), {"shop": shop}))
    server.daemon_threads = True
    shop.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def canned() -> type[Answer]:
    return Answer
