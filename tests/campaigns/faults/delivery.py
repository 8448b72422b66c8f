"""A target on its own, fed with prepared lines: those of the small shop into Streak, or those of a CRM into a shop."""

from __future__ import annotations

import io
import json
import subprocess
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import small_crm
import small_shop
from running import BIN, clean_environment, mapped
from sandbox.in_process import signals_kept
from singer_rest.errors import FatalRunError
from singer_rest.ledger import DeadLetter, Ledger
from target_clarity.target import TargetClarity
from target_streak.target import TargetStreak

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox
    from singer_rest.target.target import RestTarget

SETTINGS: dict[str, Any] = {
    "effects_since": "2026-01-01T00:00:00Z",
    "requests_per_second": 1000,
    "retry_seconds": 30,
    "request_timeout": 1,
    "search_lag_seconds": 3,
}


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    returncode: int
    states: list[Any]
    log: str
    seconds: float


@dataclass
class Delivery:
    """target-streak with a ledger of its own; `opening` and `shipping` are Singer lines."""

    target: ClassVar[type[RestTarget]] = TargetStreak
    system: ClassVar[str] = "streak"
    calls: ClassVar[str] = "/(boxes|contacts|organizations|tasks|comments)"
    name: ClassVar[str] = "Streak"

    sandbox: Sandbox
    folder: Path
    opening: str
    shipping: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def everything(self) -> str:
        """All lines: the shop, and what was shipped later."""
        return self.opening + self.shipping

    def set_up(self) -> None:
        """Let the target make the fields that the SCHEMAs name, so that a fault meets records."""
        self.run("".join(line + "\n" for line in self.opening.splitlines() if json.loads(line)["type"] == "SCHEMA"))

    def run(self, lines: str, **settings: Any) -> list[Any]:
        """Run the target in this process; gives its STATEs. Raises FatalRunError."""
        stdout = io.StringIO()
        with signals_kept(), redirect_stdout(stdout):
            self.target(config=self.config(**settings)).run(io.StringIO(lines))
        return [json.loads(line) for line in stdout.getvalue().splitlines()]

    def stops(self, lines: str, **settings: Any) -> bool:
        """Run it, and say whether something systemic stopped it."""
        try:
            self.run(lines, **settings)
        except FatalRunError:
            return True
        return False

    def command(self, lines: str, **settings: Any) -> Ended:
        """Run the real command."""
        config = self.folder / "target.json"
        config.write_text(json.dumps(self.config(**settings)))
        command = [str(BIN / self.target.name), "--config", str(config)]
        began = time.monotonic()
        done = subprocess.run(
            command, input=lines, capture_output=True, text=True, env=clean_environment(), timeout=120, check=False
        )
        (self.folder / "target.log").write_text(done.stderr)
        states = [json.loads(line) for line in done.stdout.splitlines()]
        return Ended(done.returncode, states, done.stderr, time.monotonic() - began)

    def config(self, **settings: Any) -> dict[str, Any]:
        """The target's settings."""
        return self.own() | SETTINGS | {"ledger_url": f"sqlite:///{self.folder}/ledger.db"} | self.settings | settings

    def own(self) -> dict[str, Any]:
        """Where the destination is."""
        own = {"api_url": self.sandbox.streak_url, "api_key": self.sandbox.streak_key}
        return own | {"create_missing_fields": True}

    def origin(self) -> str:
        """What a relay stands before."""
        return self.sandbox.streak_origin

    def destination(self) -> str:
        """What the ledger calls it."""
        return f"{self.config()['api_url']} {self.sandbox.snapshot()['streak']['teams'][0]['key']}"

    def differences(self) -> list[str]:
        """What is not as it must be there."""
        return small_shop.differences(self.sandbox.snapshot())

    def ledger(self) -> Ledger:
        """The target's ledger."""
        return Ledger.open(self.config()["ledger_url"], source="default", destination=self.destination())

    def letters(self) -> list[DeadLetter]:
        """What was set aside."""
        with self.ledger() as ledger:
            return ledger.dead_letters.all()

    def written(self, lines: str) -> set[tuple[str, str]]:
        """Stream and external id of the records that the ledger knows as written."""
        messages = map(json.loads, lines.splitlines())
        names = [(one["stream"], one["record"]["externalId"]) for one in messages if one["type"] == "RECORD"]
        with self.ledger() as ledger:
            links = {name: ledger.links.get(*name) for name in names}
        return {name for name, link in links.items() if link is not None and link.state == "linked"}

    def findings(self) -> list[str]:
        """What is not as it must be, in Streak or in the ledger."""
        aside = [f"set aside: {one.stream} {one.external_id} ({one.code})" for one in self.letters()]
        return self.differences() + aside


class DeliveryBack(Delivery):
    """target-clarity, before a shop that has the orders."""

    target = TargetClarity
    system = "clarity"
    calls = "/(orders|customers|notes|invoices)"
    name = "the shop"

    def own(self) -> dict[str, Any]:
        """Where the shop is."""
        return {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key}

    def origin(self) -> str:
        """What a relay stands before."""
        return self.sandbox.clarity_origin

    def destination(self) -> str:
        """What the ledger calls it."""
        return str(self.config()["api_url"])

    def differences(self) -> list[str]:
        """What is not as it must be in the shop."""
        return small_crm.differences(self.sandbox.snapshot())


def last_state(lines: str) -> Any:
    """The STATE that the lines end with."""
    messages = map(json.loads, lines.splitlines())
    return [message["value"] for message in messages if message["type"] == "STATE"][-1]


def prepare(sandbox: Sandbox, folder: Path) -> tuple[str, str]:
    """What tap and mapper make of the shop, and of what is shipped later."""
    sandbox.reset()
    sandbox.load(small_shop.opening())
    first = mapped(sandbox, folder, None)
    sandbox.load(small_shop.shipping())
    return first, mapped(sandbox, folder, last_state(first))
