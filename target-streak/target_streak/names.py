"""Names that people gave in Streak: found once, then bound to their keys."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_rest.ledger import Ledger
    from singer_rest.plugin.log_throttle import LogOnce

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a key that never changes and a name that may."""

    key: str
    name: str


class NameProblem(Exception):  # noqa: N818  it is a finding, listed with others
    """A name that leads to nothing: `absent`, `deleted` (it was bound) or `ambiguous`."""

    def __init__(self, trouble: str, kind: str, name: str, where: str, names: Sequence[str]) -> None:
        super().__init__(trouble, kind, name, where)
        self.trouble = trouble
        self.kind = kind
        self.name = name
        self.where = where
        self.names = names

    def __str__(self) -> str:
        """Say what is wrong and what there is instead."""
        subject = f"{self.kind} {self.name!r}{self.where}"
        if self.trouble == "deleted":
            return f"{subject} was deleted in Streak"
        if self.trouble == "ambiguous":
            return f"{subject} is ambiguous: Streak has several of that name, rename all but one"
        return f"{subject} does not exist{nearest(self.name, self.names)} (there are {listed(self.names)})"

    @property
    def remedy(self) -> str:
        """Say what helps a record that needs the name."""
        makeable = self.trouble == "absent" and self.kind in {"field", "option"}
        return "; make it in Streak or set create_missing_fields" if makeable else ""


class Bindings:
    """What a name meant when it was first resolved; the key counts, whatever it is called since."""

    def __init__(self, ledger: Ledger, once: LogOnce, *, remember: bool) -> None:
        self._ledger = ledger
        self._once = once
        self._remember = remember

    def resolve(self, kind: str, scope: str, name: str, existing: Sequence[Named], where: str = "") -> str:
        """Give the key that `name` is bound to, binding it when it is new.

        Raises:
            NameProblem: it is absent, deleted or ambiguous.
        """
        bound = self._ledger.bindings.get(kind, scope, name)
        for named in existing:
            if named.key == bound:
                self._say_renamed(kind, name, named.name, where)
                return named.key
        keys = [named.key for named in existing if named.name == name]
        if len(keys) == 1:
            if bound:
                self._once.warning(f"{kind} {name!r}{where} was deleted in Streak and made again; the new one is used")
            self.bind(kind, scope, name, keys[0])
            return keys[0]
        trouble = "ambiguous" if keys else "deleted" if bound else "absent"
        raise NameProblem(trouble, kind, name, where, [named.name for named in existing])

    def bound(self, kind: str, scope: str, name: str) -> str | None:
        """Give what is remembered of a name."""
        return self._ledger.bindings.get(kind, scope, name)

    def bind(self, kind: str, scope: str, name: str, key: str) -> None:
        """Remember what the name means."""
        if self._remember:
            self._ledger.bindings.bind(kind, scope, name, key)

    def _say_renamed(self, kind: str, name: str, now: str, where: str) -> None:
        if name != now:
            self._once.warning(f"{kind} {name!r}{where} is called {now!r} in Streak now; it is still used for {name!r}")


def nearest(name: str, names: Iterable[str]) -> str:
    """Give `, did you mean 'x'?` or nothing."""
    folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.6)
    return f", did you mean {folded[close[0]]!r}?" if close else ""


def counted(number: int, kind: str) -> str:
    """Give `1 stage`, `2 stages`."""
    return f"{number} {kind}" if number == 1 else f"{number} {kind}s"


def listed(names: Iterable[str]) -> str:
    """Give `'a', 'b'`, cut where it gets long; `none` for nothing."""
    every = [repr(name) for name in names]
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more or "none"
