"""Stands between a target and the sandbox: passes everything on, and springs a trap at the request it waits for."""

from __future__ import annotations

import http.client
import sqlite3
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trap import Trap

Request = tuple[str, str, dict[str, str], bytes]
Answer = tuple[int, dict[str, str], bytes]
HOPS = frozenset({"connection", "keep-alive", "transfer-encoding"})
COMMIT_SECONDS = 0.05  # long enough for an answer to be read, while the ledger is kept busy


class Proxy:
    """One proxy on a free port, for as long as a world lives."""

    def __init__(self, upstream: str, ledger: Path) -> None:
        self._upstream = urlsplit(upstream).netloc
        self.ledger = ledger
        self._lock = Lock()
        self._trap: Trap | None = None
        self._strike: Callable[[], None] = _nothing
        self.sprung = Event()
        self.writes = 0
        self._late: list[Thread] = []
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def arm(self, trap: Trap | None, strike: Callable[[], None] = lambda: None) -> None:
        """Set the trap (or none) for the next run; `strike` is what it does."""
        with self._lock:
            self._trap, self._strike = trap, strike
            self.sprung.clear()

    def settle(self) -> None:
        """Wait until all late requests have arrived."""
        for thread in self._late:
            thread.join()
        self._late.clear()

    def close(self) -> None:
        """End it."""
        self.settle()
        self._server.shutdown()
        self._server.server_close()

    def caught(self, method: str, path: str) -> Trap | None:
        """Give the trap if this request springs it."""
        with self._lock:
            self.writes += method != "GET"
            trap = self._trap
            if trap is None or not trap.catches(method, path):
                return None
            self._trap = None
            return trap

    def strike(self) -> None:
        """Kill, and say so."""
        self._strike()
        self.sprung.set()

    def later(self, seconds: float, request: Request) -> None:
        """Let a request reach the API after its sender's death."""

        def deliver() -> None:
            time.sleep(seconds)
            with closing(self.line()) as line:
                line.ask(*request)

        self._late.append(Thread(target=deliver))
        self._late[-1].start()

    def line(self) -> Line:
        """Give a line to the sandbox."""
        return Line(self._upstream)


class Line:
    """One connection to the sandbox, made again when the sandbox has closed it."""

    def __init__(self, upstream: str) -> None:
        self._connection = http.client.HTTPConnection(upstream, timeout=60)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Pass a request on."""
        for _ in range(2):
            try:
                self._connection.request(method, path, body, headers)
                answer = self._connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read()
            except http.client.RemoteDisconnected:
                self._connection.close()
        raise ConnectionError("the sandbox does not answer")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A program that was killed leaves broken connections behind."""


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.line = self.owner.line()

    def finish(self) -> None:
        self.line.close()
        with suppress(ConnectionError):
            super().finish()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS}
        request = (self.command, self.path, headers, body)
        trap = self.owner.caught(self.command, self.path.partition("?")[0])
        if trap is None:
            self._answer(*self.line.ask(*request))
        else:
            self._spring(trap, request)

    def _spring(self, trap: Trap, request: Request) -> None:
        owner = self.owner
        if trap.moment == "before commit":
            self._before_commit(request)
        elif trap.moment == "after":
            self._answer(*self.line.ask(*request))
            time.sleep(trap.seconds)
            owner.strike()
        else:
            if trap.moment == "before answer":
                self.line.ask(*request)
            if trap.moment == "late":
                owner.later(trap.seconds, request)
            owner.strike()
        self.close_connection = True

    def _before_commit(self, request: Request) -> None:
        """Keep the ledger locked from before the answer until after the death, so that nothing can be committed."""
        with closing(sqlite3.connect(self.owner.ledger, isolation_level=None, timeout=20)) as ledger:
            ledger.execute("BEGIN IMMEDIATE")
            self._answer(*self.line.ask(*request))
            time.sleep(COMMIT_SECONDS)
            self.owner.strike()
            ledger.execute("ROLLBACK")

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        with suppress(ConnectionError):
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in HOPS | {"content-length"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815  # the server looks for these names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the server's own signature
        """Say nothing."""


def _nothing() -> None:
    """Nobody is to be killed."""
