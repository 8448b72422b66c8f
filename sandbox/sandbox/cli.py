"""The command `sandbox serve`."""

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from sandbox import keys, server
from sandbox.store import Store
from sandbox.world import SEEDS, World

BANNER = """\
Clarity   http://{host}:{clarity}/api/v1   API key {clarity_key}   OAuth client {client} / {secret}
Streak    http://{host}:{streak}/api   API key {streak_key}
Control   http://{host}:{clarity}/_sandbox/ (on both ports)   state: {state}
Stop it with Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve both APIs until told to stop; exit 1 with one line when that can't be."""
    options = _parser().parse_args(arguments)
    world = World()
    store = Store(world, options.store) if options.store else None
    state = _fill(world, store, options.seed)
    sockets = [_listen(options.clarity_port, "--clarity-port"), _listen(options.streak_port, "--streak-port")]
    server.serve(world, sockets, store, lambda: _announce(sockets, state))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="The Clarity and Streak APIs as one local process.")
    serve = parser.add_subparsers(required=True, metavar="serve").add_parser("serve", help="start both APIs")
    serve.add_argument("--clarity-port", type=int, default=8701, help="0 takes a free one (default %(default)s)")
    serve.add_argument("--streak-port", type=int, default=8702, help="0 takes a free one (default %(default)s)")
    serve.add_argument("--seed", choices=SEEDS, default="empty", help="what is there at first (default %(default)s)")
    serve.add_argument("--store", type=Path, metavar="FILE", help="keep the state here; it wins over --seed")
    return parser


def _fill(world: World, store: Store | None, seed: str) -> str:
    try:
        if store and store.read():
            return f"from {store.path}"
        world.reset(seed)
        if store:
            store.save()
    except (OSError, ValueError) as error:
        _fail(f"can't use the store file {store.path if store else ''}: {_reason(error)}")
    return f"seed {seed}"


def _listen(port: int, option: str) -> socket.socket:
    try:
        return server.listen(port)
    except (OSError, OverflowError) as error:
        _fail(f"can't listen on port {port}: {_reason(error)}; choose another with {option}")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _announce(sockets: Sequence[socket.socket], state: str) -> None:
    clarity, streak = (sock.getsockname()[1] for sock in sockets)
    ready = {"clarity_port": clarity, "streak_port": streak}
    sys.stdout.write(f"ready {json.dumps(ready)}\n")
    text = BANNER.format(
        host=server.HOST,
        clarity=clarity,
        streak=streak,
        state=state,
        clarity_key=keys.CLARITY_KEY,
        client=keys.CLARITY_CLIENT_ID,
        secret=keys.CLARITY_CLIENT_SECRET,
        streak_key=keys.STREAK_KEY,
    )
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fail(message: str) -> NoReturn:
    sys.exit(f"sandbox: {message}")
