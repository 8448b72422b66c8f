"""Worlds in which reps clear the order's id from a box, or write another one over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from people import Team
from promises import identified
from two_way_world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class RememberingTeam(Team):
    """People who know which order a box is for, whatever stands in its field."""

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self._orders: dict[str, str] = {}

    def name_of(self, box: dict[str, Any]) -> str:
        """The order for which the box was made."""
        return self._orders.setdefault(box["key"], super().name_of(box))


class ClearedWorld(World):
    """Order ids go and change; the shop goes on with those orders at the end."""

    kind = "cleared"

    def __init__(self, *place: Any) -> None:
        super().__init__(*place)
        self.team = RememberingTeam(self.sandbox, self.session)
        self.struck: set[str] = set()

    def happenings(self) -> list[tuple[Callable[[], None], int]]:
        """What happens anywhere, and the field that is cleared, overwritten and mixed up."""
        return [*super().happenings(), (self.id_is_cleared, 3), (self.id_is_overwritten, 2), (self.id_is_mixed_up, 2)]

    def ends(self) -> None:
        """The orders go on in the shop."""
        self.look()
        for name in sorted(self.struck - self.deleted):
            self.set_status(name, visibly=True)
        self.look()

    def broken(self) -> Iterator[str]:
        """What holds anywhere, and that every box says which order it is for."""
        yield from super().broken()
        yield from identified(self.team, self.deleted)

    def id_is_cleared(self) -> None:
        """A rep empties the field."""
        self._writes_id("")

    def id_is_overwritten(self) -> None:
        """A rep uses the field for something else."""
        self._writes_id(self.chance.choice(("see e-mail", "999999", " ", "PO-77")))

    def id_is_mixed_up(self) -> None:
        """A rep writes another order's id into the field."""
        if (other := self.box()) is not None:
            self._writes_id(other)

    def _writes_id(self, value: str) -> None:
        if (name := self.box()) is not None and name != value:
            self.team.edit(self.team.boxes[name], fields={"Order ID": value})
            self.struck.add(name)
            self.does(f"a rep makes the order id of {name} {value!r}")
