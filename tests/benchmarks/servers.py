"""A sandbox and a synthetic shop for the time of a benchmark."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from plugins import Places
from sandbox.testing import Sandbox, read_ports
from synthetic_shop import SyntheticShop

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """Start a sandbox of its own."""
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        running = Sandbox(**read_ports(process))
        try:
            yield running
        finally:
            running.close()
            process.terminate()


@contextmanager
def pipe_places(crm: Sandbox, orders: int, *, fan_out: bool) -> Iterator[Places]:
    """Give places whose ledger knows what the shop's orders become."""
    crm.reset()
    with tempfile.TemporaryDirectory() as name, SyntheticShop(orders) as shop:
        places = Places(Path(name), shop.url, crm.streak_url, crm.streak_key)
        places.remember(fan_out=fan_out)
        yield places
