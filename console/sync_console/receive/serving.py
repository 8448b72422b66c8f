"""Two small servers in one process, ended by one signal."""

from __future__ import annotations

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

from sync_console.receive.deadline import DeadlineProtocol
from sync_console.settings import variable

GRACE_SECONDS = 5
BACKLOG = 2048


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
