"""A feed of events that a test fills, with what may happen to one: events that are lost, nonsense, nobody there."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "sandbox-feed-token"
WHEN = "2026-11-20T09:00:00.000Z"


class Feed:
    """`tell` adds an event; polls that wait get it at once."""

    token = TOKEN

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.polls: list[dict[str, int]] = []
        self.instead: deque[tuple[int, bytes]] = deque()
        """Answers (status, body) for the next polls."""
        self.oldest = 1
        """The first number that is kept."""
        self._news = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._listen(0)

    @property
    def settings(self) -> dict[str, str]:
        """What a tap is told."""
        return {"events_url": self.url, "events_token": self.token}

    def tell(self, source: str, kind: str, *ids: str) -> int:
        """Something happened to these records; gives the last event's number."""
        with self._news:
            for one in ids:
                seq = len(self.events) + 1
                self.events.append((source, {"seq": seq, "type": kind, "id": one}))
            self._news.notify_all()
            return len(self.events)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens meanwhile, and connections are closed."""
        port = urlsplit(self.url).port or 0
        self.close()
        yield
        self._listen(port)

    def answer(self, path: str, query: dict[str, str], token: str) -> tuple[int, bytes]:
        """Status and body for a poll."""
        if self.instead:
            return self.instead.popleft()
        if token != f"Bearer {self.token}":
            return 401, b""
        source = path.removeprefix("/feed/")
        if source not in ("clarity", "streak"):
            return 404, b""
        after, wait = int(query.get("after", 0)), int(query.get("wait", 0))
        self.polls.append({"after": after, "wait": wait})
        return 200, json.dumps(self._since(source, after, wait)).encode()

    def _since(self, source: str, after: int, wait: int) -> dict[str, Any]:
        until = time.monotonic() + wait
        with self._news:
            while not (found := self._after(source, after)) and (left := until - time.monotonic()) > 0:
                self._news.wait(left)
            return {"events": found, "last": len(self.events), "gap": after + 1 < self.oldest}

    def _after(self, source: str, after: int) -> list[dict[str, Any]]:
        kept = self.events[max(after, self.oldest - 1) :]
        return [{"receivedAt": WHEN, **event} for of, event in kept if of == source]

    def _listen(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("Poll", (Poll,), {"feed": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self._server is not None

    def close(self) -> None:
        """Stop listening."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()
        with self._news:
            self._news.notify_all()


class Poll(BaseHTTPRequestHandler):
    """One poll."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    feed: Feed

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        token = self.headers.get("Authorization", "")
        status, body = self.feed.answer(url.path, dict(parse_qsl(url.query)), token)
        if not self.feed.is_open:
            self.close_connection = True
            return
        with suppress(ConnectionError):  # the tap has ended meanwhile
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return
