"""Remembers what names lead to; on a miss Streak is read again, but not for every record."""

from __future__ import annotations

from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, TypeVar, cast

from singer_rest.errors import RecordRejected

from target_streak.names import NameProblem

if TYPE_CHECKING:
    from collections.abc import Callable

REREAD_SECONDS = 60.0
Found = TypeVar("Found")
Place = tuple[str, str, str]
"""Kind, scope (a pipeline's key, for an option `pipeline/field`) and name."""


class Lookup:
    """Names of this run. A hit takes no lock; misses are looked up one at a time."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._known: dict[Place, object] = {}
        self._missed: dict[Place, float] = {}

    def find(self, place: Place, look: Callable[[], Found], read_again: Callable[[], None]) -> Found:
        """Give what the name leads to, remembered from the second time on.

        Raises:
            RecordRejected: it leads to nothing, even after reading again.
        """
        known = self._known.get(place)
        if known is not None:
            return cast("Found", known)
        with self.lock:
            try:
                found = self._look_twice(place, look, read_again)
            except NameProblem as problem:
                # labels of options come from records, all other names from the mapping
                log = "a field lacks the option, the dead letter says which" if place[0] == "option" else None
                raise RecordRejected(f"{problem}{problem.remedy}", code="unknown_name", log=log) from problem
            self._known[place] = found
            return found

    def forget(self, pipeline_key: str) -> None:
        """Forget every name in that pipeline, and which pipelines there are."""
        with self.lock:
            self._known = {place: known for place, known in self._known.items() if _elsewhere(place, pipeline_key)}

    def may_read_again(self, place: Place) -> bool:
        """Say whether the last reading for this name is a minute ago."""
        last = self._missed.get(place)
        if last is not None and monotonic() - last < REREAD_SECONDS:
            return False
        self._missed[place] = monotonic()
        return True

    def _look_twice(self, place: Place, look: Callable[[], Found], read_again: Callable[[], None]) -> Found:
        try:
            return look()
        except NameProblem:
            if not self.may_read_again(place):
                raise
            read_again()
            return look()


def _elsewhere(place: Place, pipeline_key: str) -> bool:
    kind, scope, _ = place
    return kind != "pipeline" and scope.partition("/")[0] != pipeline_key
