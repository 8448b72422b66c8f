"""One process, one event loop, two ports."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Generator

import uvicorn
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox import control
from sandbox.store import Store
from sandbox.traffic import TrafficLayer
from sandbox.world import World

HOST = "127.0.0.1"
SYSTEMS = ("clarity", "streak")


class Front:
    """ASGI: which port was called decides which system answers; the control calls are on both."""

    def __init__(self, world: World, ports: dict[int, str]) -> None:
        self._control = Router(control.routes(world), redirect_slashes=False)
        self._apis: dict[int, ASGIApp] = {
            port: TrafficLayer(name, Router(world.systems[name].routes(), redirect_slashes=False), world.traffic)
            for port, name in ports.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/_sandbox/"):
            await self._control(scope, receive, send)
        else:
            await self._apis[scope["server"][1]](scope, receive, send)


class _Protocol(HttpToolsProtocol):
    """HTTP whose connection an answer may cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["sandbox.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


class _Server(uvicorn.Server):
    """A server that says when it is ready, and ends with exit code 0 when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self.handle_exit, sign, None)
        yield


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises OSError when the port is in use."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
    except OSError:
        sock.close()
        raise
    sock.listen(2048)
    return sock


async def _serve(world: World, sockets: list[socket.socket], store: Store | None, on_ready: Callable[[], None]) -> None:
    ports = {sock.getsockname()[1]: name for sock, name in zip(sockets, SYSTEMS, strict=True)}
    config = uvicorn.Config(
        Front(world, ports),
        http=_Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    background = [asyncio.create_task(world.delivery.run())]
    if store:
        background.append(asyncio.create_task(store.keep()))
    await _Server(config, on_ready).serve(sockets=sockets)
    for task in background:
        task.cancel()


def serve(world: World, sockets: list[socket.socket], store: Store | None, on_ready: Callable[[], None]) -> None:
    """Serve Clarity on the first socket and Streak on the second until SIGTERM or SIGINT."""
    loop_factory = uvicorn.Config(control.routes, loop="uvloop").get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_serve(world, sockets, store, on_ready))
    if store:
        store.save()
