"""Webhooks on their way: a queue on the sandbox's clock that can lose, repeat, shuffle and delay."""

import asyncio
import heapq
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.posting import post

Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]
OnAnswer = Callable[[int | None], None]

GATHER_SECONDS = 0.2  # real time that a reordered delivery waits for others at most


@dataclass(frozen=True, slots=True)
class Manners:
    """How deliveries go astray. Probabilities in 0..1, `reorder` deliveries are shuffled among themselves."""

    duplicate: float = 0.0
    reorder: int = 0
    drop: float = 0.0
    delay_ms: float = 0.0
    also_sign_with: str | None = None


@dataclass(order=True, slots=True)
class _Parcel:
    due_ms: int
    number: int
    url: str = field(compare=False)
    body: bytes = field(compare=False)
    headers: Headers = field(compare=False)
    on_answer: OnAnswer = field(compare=False)


class Delivery:
    """Posts bodies to receivers. Retrying is the sender's business: it calls `deliver` again from `on_answer`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.manners = Manners()
        self.muted = False
        self.sent = self.dropped = self.duplicated = 0
        self._queue: list[_Parcel] = []
        self._number = 0
        self._held: list[_Parcel] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._lanes = asyncio.Semaphore(16)
        self._random = random.Random(0)
        clock.watchers.append(self._wake.set)

    def deliver(self, url: str, body: bytes, headers: Headers, on_answer: OnAnswer, *, after: float = 0) -> None:
        """Post `body` once, `after` seconds of the sandbox's clock from now.

        `headers` may be a function: it is called for each attempt (a signature's timestamp is fresh). `on_answer` gets
        the HTTP status, or None when none came within 10 s of real time; a dropped delivery is answered 200, since
        its sender never learns. While `muted` (quiet loads) nothing is accepted.
        """
        if self.muted:
            return
        self._number += 1
        due = self.clock.now_ms() + int(after * 1000)
        heapq.heappush(self._queue, _Parcel(due, self._number, url, body, headers, on_answer))
        self._wake.set()

    @property
    def pending(self) -> int:
        """Deliveries that wait, are held back or are under way."""
        return len(self._queue) + len(self._held) + len(self._tasks)

    def reset(self) -> None:
        """Forget all that is under way and behave well again."""
        self._queue.clear()
        self._held.clear()
        for task in self._tasks:
            task.cancel()
        self.manners, self.muted = Manners(), False
        self.sent = self.dropped = self.duplicated = 0
        self._random.seed(0)

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            self._wake.clear()
            while self._queue and self._queue[0].due_ms <= self.clock.now_ms():
                self._dispatch(heapq.heappop(self._queue))
            try:
                await asyncio.wait_for(self._wake.wait(), self._pause())
            except TimeoutError:
                continue

    def _pause(self) -> float | None:
        if not self._queue:
            return None
        return max(0.001, (self._queue[0].due_ms - self.clock.now_ms()) / 1000 / max(self.clock.scale, 1e-6))

    def _dispatch(self, parcel: _Parcel) -> None:
        if self._random.random() < self.manners.drop:
            self.dropped += 1
            parcel.on_answer(200)
        elif self.manners.reorder > 1:
            self._hold(parcel)
        else:
            self._send(parcel)

    def _hold(self, parcel: _Parcel) -> None:
        self._held.append(parcel)
        if len(self._held) >= self.manners.reorder:
            self._release()
        elif len(self._held) == 1:
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._release)

    def _release(self) -> None:
        held, self._held = self._held, []
        self._random.shuffle(held)
        for parcel in held:
            self._send(parcel)

    def _send(self, parcel: _Parcel) -> None:
        self._start(parcel, parcel.on_answer)
        if self._random.random() < self.manners.duplicate:
            self.duplicated += 1
            self._start(parcel, lambda _status: None)

    def _start(self, parcel: _Parcel, on_answer: OnAnswer) -> None:
        task = asyncio.create_task(self._attempt(parcel, on_answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, parcel: _Parcel, on_answer: OnAnswer) -> None:
        if self.manners.delay_ms:
            await asyncio.sleep(self.manners.delay_ms / 1000)
        async with self._lanes:
            headers = parcel.headers() if callable(parcel.headers) else parcel.headers
            status = await post(parcel.url, parcel.body, headers)
            self.sent += 1
        on_answer(status)
