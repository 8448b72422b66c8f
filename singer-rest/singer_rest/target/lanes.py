"""Keyed lanes: records that share a key in order, all others side by side, and the low-water mark of what is done."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FEW = 100


@dataclass(slots=True, eq=False)
class Job:
    """One record on its way: what it does, the keys it owns and those that it only refers to."""

    work: Callable[[], object]
    keys: set[str] | frozenset[str]
    refers_to: set[str] | frozenset[str] = frozenset()
    size: int = 0
    holds_state: bool = True
    number: int = 0
    waits: int = 0
    followers: list[Job] = field(default_factory=list)


def with_spare(calls: int) -> int:
    """Give how many lanes keep `calls` calls on their way: others are at the ledger meanwhile, in one commit."""
    return 2 * calls if calls > 1 else 1


class Lanes:
    """Runs jobs on `lanes` threads.

    A job waits for the open jobs that own one of its keys or a key that it refers to, and for nothing else.
    STATE `i` is due when every job put before it is done. The first error of a job ends all lanes.
    """

    def __init__(self, lanes: int, *, max_pending: int = 1000, max_bytes: int = 32 << 20) -> None:
        self.failure: BaseException | None = None
        self._max_pending, self._max_bytes = max_pending, max_bytes
        self._lock = threading.Lock()
        # two conditions on one lock: who finishes wakes a lane for each job that is ready, and no others
        self._changed, self._work = threading.Condition(self._lock), threading.Condition(self._lock)
        self._ready: deque[Job] = deque()
        self._owners: dict[str, Job] = {}
        self._open: dict[int, Job] = {}
        self._states: deque[tuple[int, Any]] = deque()
        self.pending = 0
        """How many jobs are not done."""
        self._numbers, self._bytes = 0, 0
        self._closed = False
        self._threads = [threading.Thread(target=self._run, name=f"lane-{n}", daemon=True) for n in range(lanes)]
        for thread in self._threads:
            thread.start()

    def owns(self, key: str) -> bool:
        """Whether an open job owns the key."""
        return key in self._owners

    def put(self, job: Job, tick: Callable[[], object] | None = None) -> None:
        """Take a job; wait while too much is pending, calling `tick` meanwhile. Raises what ended the lanes."""
        while True:
            with self._changed:
                if self.failure:
                    raise self.failure
                if not self.pending or (self.pending < self._max_pending and self._bytes < self._max_bytes):
                    self._enter(job)
                    return
                self._changed.wait(timeout=0.2)
            if tick:
                tick()

    def add(self, job: Job) -> None:
        """Take a job without waiting for room: for what is durable already and holds no STATE."""
        job.holds_state = False
        with self._changed:
            self._enter(job)

    def note_state(self, state: Any) -> None:
        """Remember a STATE that is due when everything put so far is done."""
        with self._changed:
            if self._states and self._states[-1][0] == self._numbers:
                self._states.pop()
            self._states.append((self._numbers, state))
            if len(self._states) > 2 * len(self._open) + FEW:
                self._thin_out()

    def due_state(self) -> Any | None:
        """Return the newest STATE that nothing open stands before, each only once."""
        due = None
        with self._changed:
            if self.failure:
                return None
            lowest = next(iter(self._open), self._numbers + 1)
            while self._states and self._states[0][0] < lowest:
                due = self._states.popleft()[1]
        return due

    def join(self, tick: Callable[[], object] | None = None) -> None:
        """Wait until every job is done, calling `tick` meanwhile. Raises what ended the lanes."""
        while True:
            with self._changed:
                if self.pending and not self.failure:
                    self._changed.wait(timeout=0.2)
                if self.failure:
                    raise self.failure
                if not self.pending:
                    return
            if tick:
                tick()

    def close(self, timeout: float = 5.0) -> None:
        """End the lanes; jobs that run now get `timeout` seconds to finish."""
        with self._changed:
            self._closed = True
            self._work.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _thin_out(self) -> None:
        """Keep only the newest of the STATEs that become due together: they must not pile up behind a stuck record."""
        standing, kept = list(self._open), dict[int, tuple[int, Any]]()
        for noted in self._states:
            kept[bisect_right(standing, noted[0])] = noted
        self._states = deque(kept.values())

    def _enter(self, job: Job) -> None:
        self.pending += 1
        self._bytes += job.size
        if job.holds_state:
            self._numbers += 1
            job.number = self._numbers
            self._open[job.number] = job
        for owner in {self._owners[key] for key in job.keys | job.refers_to if key in self._owners}:
            job.waits += 1
            owner.followers.append(job)
        for key in job.keys:
            self._owners[key] = job
        if not job.waits:
            self._ready.append(job)
            self._work.notify()

    def _run(self) -> None:
        while job := self._next():
            try:
                job.work()
            except BaseException as failure:  # noqa: BLE001  # a lane that died in silence would stop the run for ever
                self._fail(failure)
                return
            self._finish(job)

    def _next(self) -> Job | None:
        with self._work:
            while not (self._ready or self._closed or self.failure):
                self._work.wait()
            return None if self._closed or self.failure else self._ready.popleft()

    def _fail(self, failure: BaseException) -> None:
        with self._changed:
            self.failure = self.failure or failure
            self._changed.notify_all()
            self._work.notify_all()

    def _finish(self, job: Job) -> None:
        with self._changed:
            self.pending -= 1
            self._bytes -= job.size
            self._open.pop(job.number, None)
            for key in job.keys:
                if key in self._owners and self._owners[key] is job:
                    del self._owners[key]
            for follower in job.followers:
                follower.waits -= 1
                if not follower.waits:
                    self._ready.append(follower)
                    self._work.notify()
            self._changed.notify_all()
