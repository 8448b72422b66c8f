"""Group commit: what all lanes write in a moment becomes one transaction."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from singer_rest.ledger.engine import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from singer_rest.errors import FatalRunError
    from singer_rest.ledger.engine import Database

LARGEST_GROUP = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Write:
    work: Callable[[Connection], Any]
    durable: bool
    done: Future[Any]


class Committer:
    """One thread that commits for all.

    When the ledger fails, everything after fails too: nothing may be written that isn't recorded.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._failure: FatalRunError | None = None
        self._thread = Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], _T], *, durable: bool = True) -> Future[_T]:
        """Have it done within the next transaction; the future is done when that is committed."""
        done: Future[_T] = Future()
        self._queue.put(_Write(work, durable, done))
        return done

    def close(self) -> None:
        """Commit what was handed in and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group, last = self._next_group()
            if group:
                self._commit(group)
            if last:
                return

    def _next_group(self) -> tuple[list[_Write], bool]:
        group: list[_Write] = []
        write = self._queue.get()
        while write is not None:
            group.append(write)
            if len(group) == LARGEST_GROUP:
                return group, False
            try:
                write = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit(self, group: Sequence[_Write]) -> None:
        if self._failure:
            return _fail(group, self._failure)
        try:
            with self._database.begin(durable=any(write.durable for write in group)) as connection:
                results = [write.work(connection) for write in group]
        except FAILURES as error:
            if isinstance(error, DataError | IntegrityError | ProgrammingError):
                return self._find_guilty(group, error)
            self._failure = self._database.stopped(error)
            return _fail(group, self._failure)
        except Exception as error:  # noqa: BLE001 - it goes to the lane that handed the work in
            return self._find_guilty(group, error)
        for write, result in zip(group, results, strict=True):
            write.done.set_result(result)
        return None

    def _find_guilty(self, group: Sequence[_Write], error: Exception) -> None:
        """One write broke the group's transaction: each gets its own, so only that one fails."""
        if len(group) == 1:
            return _fail(group, error)
        for write in group:
            self._commit([write])
        return None


def _fail(group: Sequence[_Write], error: Exception) -> None:
    for write in group:
        write.done.set_exception(error)
