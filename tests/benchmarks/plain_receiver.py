"""The receiver's route on the same server, which reads the body and answers: no check, nothing stored."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import uvloop
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from sync_console.receive.serving import address, listen, serve

if TYPE_CHECKING:
    from starlette.requests import Request


async def answer(request: Request) -> Response:
    """Say that it came."""
    await request.body()
    return Response()


async def main() -> None:
    """Serve until SIGTERM, and say where."""
    listening = listen("127.0.0.1", 0, "the benchmark")
    sys.stdout.write(f"{address(listening)}\n")
    sys.stdout.flush()
    await serve([(Starlette(routes=[Route("/hooks/clarity/{name}", answer, methods=["POST"])]), listening)], _nothing)


def _nothing() -> None:
    """Nobody waits here for anything."""


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
