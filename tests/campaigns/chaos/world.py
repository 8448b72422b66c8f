"""A source, a destination behind a proxy, a ledger and a STATE: what runs are killed in, again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from proxy import Proxy
from running import BIN, clean_environment
from sandbox.testing import Sandbox, read_ports
from singer_rest.ledger import Ledger
from target_run import Target

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from trap import Steps
    from verdict import Verdict

EFFECTS_SINCE = "2026-01-01T00:00:00Z"
LAG_SECONDS = 3


class World(ABC):
    """One sandbox of its own, so that several worlds may be shaken at once."""

    steps: ClassVar[Steps]
    target_name: ClassVar[str]

    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder = folder
        self.chance = chance
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
        with (folder / "sandbox.log").open("w") as log:
            self._server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.sandbox = Sandbox(**read_ports(self._server))
        self.proxy = Proxy(self.upstream, folder / "ledger.db")
        self.offset = chance.randrange(100)
        self.worlds = 0
        self.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.proxy.close()
        self.sandbox.close()
        self._server.terminate()
        self._server.wait()
        if self._server.stdout:
            self._server.stdout.close()

    # what a way in one direction says

    @property
    @abstractmethod
    def upstream(self) -> str:
        """The origin of the destination."""

    @property
    @abstractmethod
    def source(self) -> str:
        """The name of the other side, for the ledger."""

    @abstractmethod
    def destination(self) -> str:
        """The name of the destination, for the ledger."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The target's settings that only this direction has."""

    @property
    @abstractmethod
    def is_full(self) -> bool:
        """Whether it is time for another source."""

    @abstractmethod
    def grow(self) -> None:
        """Begin with an empty source."""

    @abstractmethod
    def pass_time(self) -> None:
        """Let things happen at the source."""

    @abstractmethod
    def lines(self) -> list[bytes]:
        """Give what the target is sent from the STATE on, with a STATE after every few records."""

    @abstractmethod
    def newest(self) -> dict[str, str]:
        """Give the last change of each stream: where the final STATE must be."""

    @abstractmethod
    def compare(self) -> Verdict:
        """Compare the destination with the source."""

    # what is the same for both

    def begin(self) -> None:
        """Start another source, with an empty destination, no ledger and no STATE."""
        self.worlds += 1
        self.place = self.folder / f"world-{self.worlds}"
        self.place.mkdir()
        self.proxy.ledger = self.place / "ledger.db"
        self.state: Any = None
        self.sandbox.reset()
        self.grow()
        self.sandbox.limits(latency_ms=self.chance.randint(5, 20))

    def change(self) -> None:
        """Let time pass; start another world when this one has become large."""
        if self.is_full:
            self.begin()
        self.pass_time()

    def judge(self) -> Verdict:
        """Compare both sides, and the STATE with the source's end."""
        self.proxy.settle()
        self._retry_parked()
        verdict = self.compare()
        bookmarks = (self.state or {}).get("bookmarks", {})
        for stream, newest in self.newest().items():
            found = bookmarks.get(stream, {}).get("replication_key_value", "")
            verdict.same(f"STATE of {stream}", found[:19], newest[:19])
        with self.ledger() as ledger:
            open_letters = [(one.stream, one.external_id, one.kind, one.reason) for one in ledger.dead_letters.all()]
        verdict.same("letters", open_letters, [])
        for finding in verdict.findings[:8]:
            sys.stderr.write(f"{self.place}: {finding}\n")
        return verdict

    def ledger(self) -> Ledger:
        """Open the ledger, only to look."""
        url = f"sqlite:///{self.proxy.ledger}"
        return Ledger.open(url, source=self.source, destination=self.destination(), read_only=True)

    def target(self, lines: list[bytes], name: str = "target", **settings: Any) -> Target:
        """Start the target on these lines."""
        given = {
            "ledger_url": f"sqlite:///{self.proxy.ledger}",
            "source": self.source,
            "requests_per_second": 1000,
            "effects_since": EFFECTS_SINCE,
            "search_lag_seconds": LAG_SECONDS,
            "state_interval": 0.02,
        }
        command = [BIN / self.target_name, "--config", self.file(name, given | self.settings() | settings)]
        return Target(command, lines, self.place / name)

    def _retry_parked(self) -> None:
        """Here a day's changes come within a minute, so some records are parked: a person says that they may go on."""
        with self.ledger() as ledger:
            parked = [str(letter.id) for letter in ledger.dead_letters.all() if letter.code == "parked"]
        if parked:
            config = self.place / "target.json"
            letters = ["--dead-letters", "retry", *parked]
            output([BIN / self.target_name, "--config", config, *letters], self.place / "retry.log")

    def file(self, name: str, content: Any) -> str:
        """Write a JSON file; gives its path."""
        path = self.place / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


def output(command: list[Any], log: Path, given: list[bytes] | None = None) -> list[bytes]:
    """Give the lines that a program writes."""
    with log.open("ab") as stderr:
        done = subprocess.run(
            command,
            input=b"".join(line + b"\n" for line in given or []),
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=clean_environment(),
            timeout=120,
            check=True,
        )
    return done.stdout.splitlines()
