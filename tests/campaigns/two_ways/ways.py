"""Both pipelines in one process: tap, mapper and target as classes, each way with its STATE, on one ledger."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.run.mapper import MapperCrosswalk
from running import MAPPING
from sandbox.in_process import printed, signals_kept
from singer_sdk.singerlib import Catalog
from tap_clarity.tap import TapClarity
from tap_streak.tap import TapStreak
from target_clarity.target import TargetClarity
from target_streak.target import TargetStreak

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from diary import Side
    from sandbox.testing import Sandbox
    from singer_rest.target.target import RestTarget
    from singer_sdk import Tap

Json = dict[str, Any]


@dataclass
class Way:
    """One pipeline with its STATE."""

    side: Side
    tap: type[Tap]
    target: type[RestTarget]
    streams: frozenset[str]
    tap_config: Json
    target_config: Json
    folder: Path
    state: Json = field(default_factory=dict)
    mapping: Path = MAPPING

    @property
    def name(self) -> str:
        """What its target is called."""
        return self.target.name

    def read(self) -> str | None:
        """What tap and mapper make of what changed; None when the tap gave up."""
        try:
            catalog = _catalog(self.tap, self.streams, json.dumps(self.tap_config))
            tap = self.tap(config=self.tap_config, catalog=catalog, state=json.loads(json.dumps(self.state)))
            for stream in tap.streams.values():
                stream.selected = stream.name in self.streams
            lines = printed(tap.sync_all)
        except Exception:  # noqa: BLE001  # a shop that stumbles; the next run tries again
            return None
        return printed(lambda: _mapper(self.mapping).listen(io.StringIO(lines)))

    def write(self, lines: str) -> bool:
        """Let the target take the lines, whole or cut off; False when it stopped."""
        with self._states() as states, redirect_stdout(states):
            try:
                self.target(config=self.target_config).run(io.StringIO(lines))
            except Exception:  # noqa: BLE001  # the run stopped, as a systemic fault makes it
                return False
        return True

    def write_and_die(self, lines: str, chance: random.Random) -> None:
        """Let a process of its own take the lines and kill it on its way."""
        after, moment = chance.random(), chance.random() * 0.03
        count = int(len(lines.splitlines()) * after)
        with self._states() as states:
            child = os.fork()
            if child == 0:
                _die(self, lines, states, count, moment)
            os.waitpid(child, 0)

    @contextmanager
    def _states(self) -> Iterator[Any]:
        path = self.folder / f"{self.name}.states"
        with path.open("w+") as file:
            yield file
            file.seek(0)
            whole = [line for line in file if line.endswith("\n")]
        if whole:
            self.state = json.loads(whole[-1])


class _Fatal(io.StringIO):
    """Lines that kill their reader soon after one of them."""

    def __init__(self, lines: str, count: int, moment: float) -> None:
        super().__init__(lines)
        self._count, self._moment = count, moment

    def __next__(self) -> str:  # type: ignore[override]  # lines of text, as typeshed does not know
        self._count -= 1
        if self._count < 0:
            time.sleep(self._moment)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__next__()


def _die(way: Way, lines: str, states: Any, count: int, moment: float) -> None:
    with redirect_stdout(states):
        way.target(config=way.target_config).run(_Fatal(lines, count, moment))
    os._exit(0)


def both_ways(sandbox: Sandbox, folder: Path, lanes: int = 8) -> tuple[Way, Way]:
    """The way there and the way back."""
    clarity = {"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key}
    streak = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key}
    common = {
        "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
        "requests_per_second": 1000,
        "retry_seconds": 1,
        "request_timeout": 10,
        "search_lag_seconds": 0.1,
        "max_rejected": "100%",
        "concurrency": lanes,
    }
    there = Way(
        "shop",
        TapClarity,
        TargetStreak,
        frozenset({"orders", "customers"}),
        clarity,
        streak | common | {"source": sandbox.clarity_url, "create_missing_fields": True},
        folder,
    )
    back = Way(
        "crm",
        TapStreak,
        TargetClarity,
        frozenset({"boxes", "contacts"}),
        streak | {"requests_per_second": 1000, "retry_seconds": 1},
        clarity | common | {"source": sandbox.streak_url, "create_customers": False},
        folder,
    )
    return there, back


@contextmanager
def quiet() -> Iterator[None]:
    """Without the talk of thousands of runs; and signals go on to mean what they meant."""
    logging.disable(logging.CRITICAL)
    try:
        with signals_kept():
            yield
    finally:
        logging.disable(logging.NOTSET)


@cache
def _catalog(tap: type[Tap], streams: frozenset[str], config: str) -> Catalog:
    """What a tap discovers of the streams that are read."""
    found = tap(config=json.loads(config)).catalog
    return Catalog((name, entry) for name, entry in found.items() if name in streams)


@cache
def _mapper(mapping: Path) -> MapperCrosswalk:
    """The mapper, which remembers nothing between runs but its mapping."""
    return MapperCrosswalk(config={"mapping_file": str(mapping)})
