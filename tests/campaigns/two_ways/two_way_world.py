"""One world from its seed: people edit on both sides, pipelines run well or badly, and in the end all is at rest."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from daily_work import DailyWork
from promises import broken
from running import writes
from shop import STAGES
from singer_rest.ledger import Ledger
from ways import both_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox
    from singer_rest.ledger import Conflict
    from tally import Tally
    from ways import Way

FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "status", "status": 500},
    {"do": "html500"},
    {"do": "reset"},
    {"do": "lost_answer"},
    {"do": "429", "retry_after": 0},
    {"do": "truncate"},
)
ROUNDS = 4
STEPS = (4, 16)


class World(DailyWork):
    """A seed's story."""

    kind = "daily"

    def __init__(self, seed: int, sandbox: Sandbox, folder: Path) -> None:
        sandbox.reset()
        super().__init__(seed, sandbox)
        self.folder = folder
        self.there, self.back = both_ways(sandbox, folder, lanes=self.chance.choice((1, 8)))

    def live(self, steps: int | None = None) -> Tally:
        """Let the story happen and say what came of it."""
        self.opens()
        for _ in range(steps or self.chance.randint(*STEPS)):
            self.step()
        self.ends()
        self.come_to_rest()
        self.judge()
        return self.tally

    def opens(self) -> None:
        """A shop with some orders, which are brought over."""
        self.shop.open(self.chance.randint(2, 4))
        self.run(self.there)
        self.tally.creates = self.tally.updates = 0  # what the shop brings with it is nobody's edit
        if self.chance.random() < 0.7:
            self.run(self.back)

    def step(self) -> None:
        """Somebody does something, or a pipeline runs."""
        self.look()
        self._next()()
        self._time_passes()

    def ends(self) -> None:
        """What still happens before all comes to rest."""

    def judge(self) -> None:
        """Write down which promises do not hold."""
        self.tally.conflicts += len(self.conflicts())
        self.look()
        for promise in self.broken():
            self.breaks(promise)

    def broken(self) -> Iterator[str]:
        """Say what does not hold."""
        yield from broken(self, self.reasons())

    def close(self) -> None:
        """Leave nothing open."""
        self.session.close()

    def _next(self) -> Callable[[], None]:
        runs = [
            (lambda: self.run(self.there), 5),
            (lambda: self.run(self.back), 5),
            (lambda: self.bad_run(self.chance.choice((self.there, self.back))), 5),
            (self.both_at_once, 2),
        ]
        likely = [*self.happenings(), *runs]
        return self.chance.choices([what for what, _ in likely], [weight for _, weight in likely])[0]

    # runs

    def run(self, way: Way, *, alone: bool = False) -> None:
        """A run that nothing disturbs; people may work between its reading and its writing."""
        began, lines = self.diary.now, way.read()
        if lines is None:
            self.breaks(f"{way.name}: nothing could be read, without any fault")
            return
        if not alone and self.team.boxes and self.chance.random() < 0.2:
            self.say(f"{way.name} has read")
            self.look()
            self.chance.choice((self.staff_sets_status, self.rep_moves_box, self.customer_edits))()
        if not self._writes(lambda: way.write(lines)):
            self.breaks(f"{way.name} stopped without any fault")
        self.say(f"{way.name} has written")
        self.diary.carried(way.side, began)

    def bad_run(self, way: Way) -> None:
        """A run that is killed, that ends before its input does, or that meets faults."""
        kind = self.chance.choice(("killed", "cut off", "stumbles"))
        self.say(f"{way.name} {kind}")
        self.tally.bad_runs += 1
        if kind == "stumbles":
            self._break()
        lines = way.read()
        if lines is not None and kind == "killed":
            self.tally.kills += 1
            self._writes(lambda: way.write_and_die(lines, self.chance))
        elif lines is not None:
            rows = lines.splitlines(keepends=True)
            end = self.chance.randint(0, len(rows)) if kind == "cut off" else len(rows)
            self._writes(lambda: way.write("".join(rows[:end])))
        self.sandbox.faults([])

    def _break(self) -> None:
        system, fault = self.chance.choice(("clarity", "streak")), self.chance.choice(FAULTS)
        rate, seed = self.chance.choice((0.1, 0.3)), self.chance.randrange(99)
        self.sandbox.faults([fault | {"match": {"system": system}, "rate": rate, "seed": seed}])

    def both_at_once(self) -> None:
        """Both sides change one thing: the shop's word stays, and both are recorded."""
        if (name := self.box()) is None:
            return
        for way in self.chance.sample((self.there, self.back), 2):
            self.run(way, alone=True)
        self.look()
        if name not in self.team.boxes or (status := self.set_status(name, visibly=True)) is None:
            return
        stage, before = self.move(name, STAGES[status]), len(self.conflicts())
        for way in (*self.chance.sample((self.there, self.back), 2), self.there):
            self.run(way, alone=True)
        self.look()
        self.tally.collisions += 1
        found = self.shop.orders[name]["status"], self.team.stage(self.team.boxes[name])
        if found != (status, STAGES[status]):
            self.breaks(f"{name}: both sides spoke ({status}, {stage}), the shop's word should stay, there is {found}")
        if not any(_tells(one, name, status, stage) for one in self.conflicts()[before:]):
            self.breaks(f"{name}: no conflict tells of {status} and {stage}")

    def come_to_rest(self) -> None:
        """Alternate until a round writes nothing; then one that reads everything writes nothing either."""
        ways = self.chance.sample((self.there, self.back), 2)
        for _ in range(ROUNDS + 1):
            self.retry_letters()
            if not self.round(ways):
                break
            self.tally.rounds += 1
        else:
            self.tally.loops += 1
            self.breaks(f"not at rest after {ROUNDS + 1} rounds")
        for way in ways:
            way.state = {}
        if written := self.round(ways):
            self.breaks(f"a further round wrote {written} times")

    def round(self, ways: list[Way]) -> int:
        """Let both directions run undisturbed; gives how often they wrote."""
        before = self.tally.updates + self.tally.creates
        for way in ways:
            self.run(way, alone=True)
        return self.tally.updates + self.tally.creates - before

    def _writes(self, work: Callable[[], Any]) -> Any:
        """Do it and count what it wrote."""
        self.tally.runs += 1
        self.sandbox.clear_requests()
        result = work()
        for one in writes(self.sandbox):
            changed = one["method"] == "PATCH" or one["path"].split("/")[-2] in {"boxes", "contacts", "organizations"}
            self.tally.updates += changed
            self.tally.creates += not changed
        return result

    # the ledger

    def conflicts(self) -> list[Conflict]:
        """What both targets recorded."""
        found = []
        for way in (self.there, self.back):
            with self._ledger(way) as ledger:
                found += ledger.conflicts.all()
        return sorted(found, key=lambda one: str(one.at))

    def reasons(self) -> list[str]:
        """Why records are set aside, in both directions."""
        return [
            letter.reason for way in (self.there, self.back) for letter in self._letters(way) if self.may_help(letter)
        ]

    def may_help(self, _letter: Any) -> bool:
        """Whether trying again may help a record that is set aside."""
        return True

    def _letters(self, way: Way) -> list[Any]:
        with self._ledger(way) as ledger:
            return ledger.dead_letters.all()

    def retry_letters(self) -> None:
        """Let the next runs try again what is set aside."""
        for way in (self.there, self.back):
            with self._ledger(way) as ledger:
                ledger.dead_letters.retry(one.id for one in ledger.dead_letters.all() if self.may_help(one))

    def _ledger(self, way: Way) -> Ledger:
        team = next(iter(self.team.pipelines.values()))["teamKey"]
        places = {"shop": f"{self.sandbox.streak_url} {team}", "crm": self.sandbox.clarity_url}
        settings = way.target_config
        return Ledger.open(settings["ledger_url"], source=settings["source"], destination=places[way.side])

    def _time_passes(self) -> None:
        """Let a minute pass in the ledger: people need more than seconds for their edits."""
        with closing(sqlite3.connect(self.folder / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE record_log SET at = at - 61000")


def _tells(conflict: Conflict, name: str, status: str, stage: str) -> bool:
    """Whether a conflict holds both values, in either direction's words."""
    theirs = {shop for shop, crm in STAGES.items() if crm == stage}
    there = (conflict.source, conflict.destination) == (STAGES[status], stage)
    back = conflict.source in theirs and conflict.destination == status
    return conflict.external_id == name and bool(conflict.rule) and (there or back)
