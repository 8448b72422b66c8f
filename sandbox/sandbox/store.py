"""The optional store file: all state as JSON, written whole, put in place at once."""

import asyncio
import time
from pathlib import Path

from sandbox import wire
from sandbox.world import World

MOST_TIME_SPENT = 0.1  # share of the time that saving may take


class Store:
    """One file beside a world. At a crash the last second or so of writes is lost, never the file."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.path = path

    def read(self) -> bool:
        """Take the state from the file; False when there is none. Raises ValueError when it is no store."""
        if not self.path.exists():
            return False
        self.world.restore(wire.decode(self.path.read_bytes()))
        return True

    def save(self) -> None:
        """Write the file when anything may have changed."""
        if not self.world.changed:
            return
        self.world.changed = False
        draft = self.path.with_name(f"{self.path.name}.new")
        draft.write_bytes(wire.encode(self.world.dump()))
        draft.replace(self.path)

    async def keep(self) -> None:
        """Save about once a second, for ever."""
        pause = 1.0
        while True:
            await asyncio.sleep(pause)
            started = time.perf_counter()
            self.save()
            pause = max(1.0, (time.perf_counter() - started) / MOST_TIME_SPENT)
