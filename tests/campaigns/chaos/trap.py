"""Points at which a program is killed, told from the requests that it sends: no hook in the program itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

MOMENTS = {
    "before send": "the request never reaches the API",
    "before answer": "the API has done it, its answer does not arrive",
    "before commit": "the answer has arrived, the ledger could not commit yet",
    "late": "the API gets the request, and does it, only after the program's death",
    "after": "a moment later, whatever happens then",
}


@dataclass(frozen=True, slots=True)
class Steps:
    """The named requests of one API, and those of them in which every moment is tried in turn."""

    patterns: dict[str, tuple[str, str]]
    common: tuple[str, ...]

    @property
    def named(self) -> list[tuple[str, str]]:
        """Each moment of each common step."""
        return [(moment, step) for moment in ("before send", "before answer", "before commit") for step in self.common]


ANY = {"any write": ("POST|PUT|PATCH", "/"), "any call": (".*", "/")}
STREAK = Steps(
    {
        "contact": ("POST", r"/teams/[^/]+/contacts$"),
        "contact update": ("POST", r"/v2/contacts/[^/]+$"),
        "organization": ("POST", r"/teams/[^/]+/organizations$"),
        "box": ("POST", r"/pipelines/[^/]+/boxes$"),
        "links of a box": ("POST", r"/v1/boxes/[^/]+$"),
        "task": ("POST", r"/boxes/[^/]+/tasks$"),
        "comment": ("POST", r"/boxes/[^/]+/comments$"),
        "field": ("POST|PUT", r"/pipelines/[^/]+/fields"),
        **ANY,
    },
    ("contact", "organization", "box", "links of a box", "task", "comment"),
)
CLARITY = Steps(
    {
        "order": ("PATCH", r"/orders/[^/]+$"),
        "customer": ("POST", r"/customers$"),
        "customer update": ("PATCH", r"/customers/[^/]+$"),
        "note": ("POST", r"/orders/[^/]+/notes$"),
        "invoice": ("POST", r"/invoices$"),
        "payment of an invoice": ("PATCH", r"/invoices/[^/]+$"),
        **ANY,
    },
    ("order", "customer", "customer update", "note", "invoice", "payment of an invoice"),
)


@dataclass(slots=True)
class Trap:
    """The n-th request of a kind, and the moment in its life."""

    steps: Steps
    step: str
    moment: str
    number: int
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.moment}, {self.step} #{self.number}"

    def catches(self, method: str, path: str) -> bool:
        """Whether this request is the one; those of its kind are counted."""
        wanted, pattern = self.steps.patterns[self.step]
        if re.fullmatch(wanted, method) and re.search(pattern, path):
            self.number -= 1
            return self.number == 0
        return False


def traps(chance: Random, number: int, steps: Steps) -> Trap:
    """Draw the trap of the n-th kill: every named step in turn, between them any point."""
    if number % 2 == 0:
        moment, step = steps.named[number // 2 % len(steps.named)]
        return Trap(steps, step, moment, chance.randint(1, 4))
    moment = chance.choice(("after", "after", "late", "before answer", "before send", "before commit"))
    step = chance.choice(("any write", *steps.patterns))
    most = {"any write": 40, "any call": 60}.get(step, 6)
    seconds = chance.uniform(0.5, 2.5) if moment == "late" else chance.uniform(0, 0.02)
    return Trap(steps, step, moment, chance.randint(1, most), seconds)
