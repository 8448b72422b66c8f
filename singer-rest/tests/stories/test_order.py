"""A whole target, a slow and faulty API: each key's records arrive in order, and no STATE is ahead of what is done."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import time
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from small_target import SmallTarget

SCHEMA = {"type": "SCHEMA", "stream": "things", "schema": {"properties": {"name": {"type": "string"}}}}
FATES = st.sampled_from(["fine"] * 6 + ["refused", "broken", "reset", "lost"])
PLANS = st.lists(st.tuples(st.floats(0, 0.02), FATES), min_size=1, max_size=30)
KEYS = st.lists(st.sampled_from("abcde"), max_size=25)


class Api(ThreadingHTTPServer):
    """Keeps things; the n-th write takes as long, and goes as wrong, as the plan says."""

    daemon_threads = True

    def __init__(self, plan: list[tuple[float, str]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan, self.number = plan, count()
        self.lock = threading.Lock()
        self.applied: dict[str, list[int]] = {}

    def apply(self, thing: dict[str, Any], key: str) -> str:
        """Write a thing unless the plan says no; returns its fate."""
        with self.lock:
            seconds, fate = self.plan[next(self.number) % len(self.plan)]
        time.sleep(seconds)
        if fate in {"fine", "lost"}:
            with self.lock:
                self.applied.setdefault(key, []).append(int(thing["name"]))
        return fate

    def handle_error(self, *_: object) -> None:
        """Connections are reset on purpose."""


class Handler(BaseHTTPRequestHandler):
    """`POST /things`, `PUT /things/KEY`, `GET /things?key=KEY`."""

    server: Api
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        thing = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = thing.get("key") or self.path.rpartition("/")[2]
        fate = self.server.apply(thing, key)
        if fate in {"reset", "lost"}:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self._answer({"fine": 200, "refused": 400, "broken": 500}[fate], thing | {"key": key})

    do_PUT = do_POST  # noqa: N815

    def do_GET(self) -> None:
        key = self.path.rpartition("=")[2]
        written = self.server.applied.get(key)
        self._answer(200, {"results": [{"key": key, "name": str(written[-1])}] if written else []})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class States(io.StringIO):
    """Standard output that looks, at each STATE, whether all before it is written or set aside."""

    def __init__(self, target: SmallTarget, api: Api, keys: list[str]) -> None:
        super().__init__()
        self.target, self.api, self.keys = target, api, keys
        self.seen: list[int] = []

    def write(self, line: str) -> int:
        state = json.loads(line)["n"]
        letters = {letter.external_id: int(letter.record["name"]) for letter in self.target.ledger.dead_letters.all()}
        with self.api.lock:
            for key in set(self.keys[: state + 1]):
                last = max(number for number in range(state + 1) if self.keys[number] == key)
                assert max([letters.get(key, -1), *self.api.applied.get(key, [])]) >= last
        self.seen.append(state)
        return len(line)


def lines(keys: list[str]) -> str:
    messages: list[dict[str, Any]] = [SCHEMA]
    for number, key in enumerate(keys):
        messages.append({"type": "RECORD", "stream": "things", "record": {"externalId": key, "name": str(number)}})
        messages.append({"type": "STATE", "value": {"n": number}})
    return "".join(json.dumps(message) + "\n" for message in messages)


@settings(max_examples=25, deadline=None)
@given(KEYS, PLANS)
def test_each_key_in_order_and_no_state_ahead(keys: list[str], plan: list[tuple[float, str]]) -> None:
    api = Api(plan)
    thread = threading.Thread(target=api.serve_forever, args=(0.01,))
    thread.start()
    try:
        with TemporaryDirectory() as folder:
            target = SmallTarget(
                config={
                    "api_url": f"http://127.0.0.1:{api.server_port}",
                    "ledger_url": f"sqlite:///{folder}/ledger.db",
                    "requests_per_second": 100_000,
                    "retry_seconds": 0.05,
                    "search_lag_seconds": 0,
                    "state_interval": 0,
                    "max_rejected": "100%",
                }
            )
            states = States(target, api, keys)
            with redirect_stdout(states):
                target.run(io.StringIO(lines(keys)))
    finally:
        api.shutdown()
        thread.join()
        api.server_close()
    assert states.seen == sorted(states.seen)
    assert states.seen[-1:] == ([len(keys) - 1] if keys else [])
    for key, written in api.applied.items():
        assert written == sorted(written), key
