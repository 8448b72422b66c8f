"""The time that both systems live by."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Real time until somebody sets, advances or scales it; it never stands still."""

    def __init__(self) -> None:
        self.watchers: list[Callable[[], None]] = []
        self.reset()

    def reset(self) -> None:
        """Back to real time."""
        self._move(time.time_ns() // 1_000_000, 1.0)

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self._base_ms + int((time.monotonic() - self._started) * 1000 * self.scale)

    def now(self) -> datetime:
        """The same instant, in UTC, to the millisecond."""
        return instant(self.now_ms())

    def set(self, moment: datetime) -> None:
        """Jump to an instant (aware), and run on from there."""
        self._move(int(moment.timestamp() * 1000), self.scale)

    def advance(self, seconds: float) -> None:
        """Jump forward (or back)."""
        self._move(self.now_ms() + int(seconds * 1000), self.scale)

    def speed(self, scale: float) -> None:
        """Let `scale` seconds pass in each real one."""
        self._move(self.now_ms(), scale)

    def _move(self, base_ms: int, scale: float) -> None:
        self._base_ms, self.scale, self._started = base_ms, scale, time.monotonic()
        for watcher in self.watchers:
            watcher()


def instant(ms: int) -> datetime:
    """Milliseconds since the epoch as an aware instant, without the noise of a float."""
    seconds, rest = divmod(ms, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
