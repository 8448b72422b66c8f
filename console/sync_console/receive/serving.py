"""Two small servers in one process, ended by one signal; who does not send a whole request in time is hung up on."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sync_console.settings import variable

RECEIPT_SECONDS = 10
MAX_BYTES_BESIDE_BODY = 256 * 1024
GRACE_SECONDS = 5
BACKLOG = 2048


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for ever for the rest of a request and keeps headers of any size."""

    _deadline: asyncio.TimerHandle | None = None
    _bytes_beside_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Parse the bytes; after an answer they begin another request."""
        if self.cycle is None or self.cycle.response_complete:
            self._await_request()
        self._bytes_beside_body += len(data)
        super().data_received(data)
        if self._bytes_beside_body > MAX_BYTES_BESIDE_BODY:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Wait for the rest of this request."""
        super().on_message_begin()
        self._await_request()

    def on_body(self, body: bytes) -> None:
        """Leave bodies to the app's own limit."""
        self._bytes_beside_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop waiting: all is here."""
        super().on_message_complete()
        self._bytes_beside_body = 0
        self._stop_waiting()
        if self.cycle.response_complete:  # answered before all was read: uvicorn would wait for more without an end
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Finish what is here whole, as the program ends; hang up on the rest."""
        if self._deadline is not None:
            self.transport.close()
        else:
            super().shutdown()

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(RECEIPT_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int, server: str) -> socket.socket:
    """Take a port before anything is served. ClickException with the setting that names it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None) or socket.EAI_NONAME
        unknown = number < 0  # no error of the system's: the name was looked up and led nowhere
        reason = "no such host" if unknown else os.strerror(number)
        name = variable(f"{server}_{'host' if unknown or number == errno.EADDRNOTAVAIL else 'port'}")
        raise click.ClickException(f"can't listen on {host}:{port}: {reason}; {name} names it") from None


def address(listening: socket.socket) -> str:
    """Where a socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(apps: Sequence[tuple[Starlette, socket.socket]], at_end: Callable[[], None]) -> None:
    """Serve each app on its socket until SIGTERM or Ctrl-C; what is under way is finished."""
    servers = [_server(app) for app, _ in apps]

    def end() -> None:
        at_end()
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    await asyncio.gather(*(server.serve([listening]) for server, (_, listening) in zip(servers, apps, strict=True)))


def _server(app: Starlette) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=DeadlineProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="error",  # its warnings are about strangers' requests, as many as they like
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            backlog=BACKLOG,
        )
    )
