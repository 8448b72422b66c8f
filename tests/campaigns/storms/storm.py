"""A storm over a whole installation: webhooks go astray, processes are killed, people go on working on both sides."""

from __future__ import annotations

import sys
import time
from random import Random
from typing import TYPE_CHECKING, Any

from busy_day import BusyDay
from events_once import judge_events
from killing import Killer
from live_site import SOON, LiveSite
from promises import BOX_IS_GONE, broken
from running import Meltano, Pipe, system_folder, writes
from schedule import Schedule
from singer_rest.ledger import Ledger
from storm_report import HEARD, Report

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox

ASTRAY = {"drop": 0.1, "duplicate": 0.1, "reorder": 5, "delay_ms": 500}
LATENCY_MS = 15
QUIET_SECONDS = 2.0
PATIENCE = 180.0
ROUNDS = 5
LATE_SECONDS = 400  # the shop's second attempt to deliver comes after five minutes
EFFECTS_SINCE = "2025-11-01T00:00:00Z"
LOOK_SECONDS, SAY_SECONDS = 0.25, 30.0


class Storm:
    """One installation, its people, and what befalls them."""

    def __init__(self, sandbox: Sandbox, folder: Path, seed: int, *, told: bool = False) -> None:
        self.sandbox, self.report, self._told = sandbox, Report(seed), told
        sandbox.reset()
        system = {"MELTANO_SYS_DIR_ROOT": str(system_folder(folder))}
        self.site = LiveSite(sandbox, folder, system)
        self.there = Pipe(sandbox, folder, target_config={"effects_since": EFFECTS_SINCE})
        self.back = self.there.back()
        self.back.target_config["effects_since"] = EFFECTS_SINCE
        self.schedule = Schedule(Meltano(sandbox, folder, SOON | system))
        self._blows = Random(f"{seed}:blows")  # noqa: S311  # repeatable, not secret

    def close(self) -> None:
        """Leave nothing running."""
        self.schedule.close()
        self.site.close()

    def rage(self, seconds: float) -> Report:
        """Let it all happen for so long, come to rest, and judge."""
        self.day = BusyDay(self.report.seed, self.sandbox)
        for way in (self.there, self.back):
            way.run()
        killer = self._begin()
        self._while_it_lasts(killer, seconds)
        self._calm(killer)
        self._come_to_rest(killer)
        self._take_stock(killer)
        return self.report

    def _begin(self) -> Killer:
        receiver = self.site.receive()
        self.site.console("webhooks", "sync")
        self.sandbox.hooks(**ASTRAY)
        self.sandbox.limits(latency_ms=LATENCY_MS)
        live = self.site.start("live")
        killer = Killer(self.site, self.schedule, self._blows, receiver, live, self.day.say)
        self._wait(killer, killer.is_whole, "the live pipelines do not come up")
        return killer

    def _while_it_lasts(self, killer: Killer, seconds: float) -> None:
        began = said = time.monotonic()
        while (now := time.monotonic()) - began < seconds:
            self.day.work()
            self.schedule.look()
            killer.look()
            if self._told and now - said > SAY_SECONDS:
                said = now
                blows = sum(killer.done.values())
                sys.stderr.write(f"{(now - began) / 60:.1f} min: {self.day.tally.edits} things done, {blows} blows\n")
            time.sleep(LOOK_SECONDS)
        self.report.minutes = (time.monotonic() - began) / 60

    def _calm(self, killer: Killer) -> None:
        """Nobody works or kills any more; what runs, runs to its end."""
        self._wait(killer, killer.is_whole, "the live pipelines do not come back")
        self.schedule.finish()
        self.report.webhooks = {name: self.sandbox.hooks()[name] for name in HEARD}

    def _come_to_rest(self, killer: Killer) -> None:
        """Run until nothing is written; then late webhooks and another run over everything write nothing either."""
        for _ in range(ROUNDS):
            self._retry_letters()
            if not self._written_by(lambda: self._scheduled_run(killer)):
                break
            self.report.rounds += 1
        else:
            self._goes_round(f"not at rest after {ROUNDS} rounds")
        self.sandbox.clock(advance=LATE_SECONDS)
        if late := self._written_by(lambda: self._fall_silent(killer)):
            self._goes_round(f"late webhooks made {late} writes")
        self._read_everything()  # orders bring what their customers are called by now
        if again := self._written_by(self._read_everything):
            self._goes_round(f"a second run over everything made {again} writes")

    def _scheduled_run(self, killer: Killer) -> None:
        if not self.schedule.once():
            self.report.broken.append("a scheduled run failed though nobody disturbed it")
        self._fall_silent(killer)

    def _read_everything(self) -> None:
        for way in (self.there, self.back):
            way.run(full_refresh=True)

    def _written_by(self, work: Any) -> int:
        """How many writes it comes to."""
        before = self.sandbox.requests()[-1]["n"]
        work()
        found = writes(self.sandbox, before)
        for one in found:
            self.day.say(f"written: {one['system']} {one['method']} {one['path']}")
        return len(found)

    def _fall_silent(self, killer: Killer) -> None:
        """Wait until nothing was written for a while."""
        last, quiet_since = 0, time.monotonic()

        def silent() -> bool:
            nonlocal last, quiet_since
            written = writes(self.sandbox, last)
            if written:
                last, quiet_since = written[-1]["n"], time.monotonic()
            return time.monotonic() - quiet_since > QUIET_SECONDS

        self._wait(killer, silent, "the live pipelines do not stop writing")

    def _wait(self, killer: Killer, condition: Any, otherwise: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            killer.look(peace=True)
            if condition():
                return
            time.sleep(LOOK_SECONDS)
        self.report.broken.append(otherwise)

    def _goes_round(self, what: str) -> None:
        self.report.loops += 1
        self.report.broken.append(what)

    def _retry_letters(self) -> None:
        """What a person does about dead letters."""
        for way in (self.there, self.back):
            if letters := [reason for reason in self._letters(way) if reason != BOX_IS_GONE]:
                self.report.letters += len(letters)
                way.letters("retry")

    def _letters(self, way: Pipe) -> list[str]:
        team = self.sandbox.snapshot()["streak"]["teams"][0]["key"]
        place = f"{self.sandbox.streak_url} {team}" if way is self.there else self.sandbox.clarity_url
        settings = way.target_settings()
        with Ledger.open(
            settings["ledger_url"], source=settings["source"], destination=place, read_only=True
        ) as ledger:
            return [letter.reason for letter in ledger.dead_letters.all()]

    def _take_stock(self, killer: Killer) -> None:
        report, day = self.report, self.day
        report.kills, report.healed, report.runs = dict(killer.done), dict(killer.healed), self.schedule.ended
        report.happened, report.orders = day.tally.edits, len(day.shop.orders)
        day.look()
        report.verdict = judge_events(day, self.sandbox.snapshot())
        report.broken += broken(day, [*self._letters(self.there), *self._letters(self.back)])
        report.kept = f"{day.tally.kept} of {day.tally.alone} kept"
        report.verdict.lost += len(day.tally.lost)
        report.verdict.findings += day.tally.lost
