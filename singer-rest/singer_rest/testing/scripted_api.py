"""A real HTTP server whose answers are laid down one by one."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """What one request gets.

    `cut`: only that many bytes of the body; `reset`: the connection breaks; `hang`: seconds before the answer; `drip`:
    seconds before each byte of the body.
    """

    status: int = 200
    body: bytes = b'{"ok":true}'
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    hang: float = 0.0
    drip: float = 0.0

    @classmethod
    def of(cls, body: Any = b"", status: int = 200, headers: dict[str, str] | None = None) -> Answer:
        """Take a body as JSON; bytes go out as they are."""
        return cls(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers or {})


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedApi:
    """Answers from `answers`, then with the last word `otherwise`; remembers what was asked."""

    def __init__(self, port: int = 0) -> None:
        self.answers: list[Answer] = []
        self.otherwise = Answer()
        self.asked: list[Asked] = []
        self.lock = Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.api = self
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/api"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def json(self, number: int = -1) -> Any:
        """Give the body of a request."""
        return json.loads(self.asked[number].body)

    def take(self, asked: Asked) -> Answer:
        """Note a request and give its answer."""
        with self.lock:
            self.asked.append(asked)
            return self.answers.pop(0) if self.answers else self.otherwise


class ApiByPath(ScriptedApi):
    """Answers what was laid down for a path, then what `always` says of it: JSON, or what makes it of the query."""

    def __init__(self) -> None:
        super().__init__()
        self.always: dict[str, Any] = {}
        self._laid_down: dict[str, deque[Answer]] = defaultdict(deque)

    def says(self, path: str, *answers: Answer) -> None:
        """Lay down the next answers of a path."""
        self._laid_down[path].extend(answers)

    def take(self, asked: Asked) -> Answer:
        """Note a request and give its answer."""
        path, _, query = asked.path.partition("?")
        with self.lock:
            self.asked.append(asked)
            if laid_down := self._laid_down[path]:
                return laid_down.popleft()
        known = self.always.get(path)
        return self.otherwise if known is None else Answer.of(known(query) if callable(known) else known)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    api: ScriptedApi

    def handle_error(self, *_: object) -> None:
        """A client that gave up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    server: _Server

    def _answer(self) -> None:
        at = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.api.take(Asked(at, self.command, self.path, dict(self.headers), body))
        time.sleep(answer.hang)
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RD)
            self.close_connection = True
            self.connection.close()
            return
        self.send_response_only(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(answer.body)), **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._body(answer)

    def _body(self, answer: Answer) -> None:
        if answer.drip:
            for byte in answer.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(answer.drip)
        elif answer.cut is not None:
            self.wfile.write(answer.body[: answer.cut])
            self.close_connection = True
        else:
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Tests read `asked`."""
