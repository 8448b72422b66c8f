"""A shop, a CRM behind a proxy, a ledger and a STATE: what runs are killed in, again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

from changing_shop import ChangingShop
from proxy import Proxy
from running import BIN, MAPPING, clean_environment
from sandbox.testing import Sandbox, read_ports
from singer_rest_sink.ledger import Ledger
from target_run import Target, with_states
from verdict import Verdict, judge

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

EFFECTS_SINCE = "2026-01-01T00:00:00Z"
LAG_SECONDS = 3


class World:
    """One sandbox of its own, so that several worlds may be shaken at once."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self.folder = folder
        self.chance = chance
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
        with (folder / "sandbox.log").open("w") as log:
            self._server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.sandbox = Sandbox(**read_ports(self._server))
        self.proxy = Proxy(self.sandbox.streak_origin, folder / "ledger.db")
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

    def begin(self) -> None:
        """Start another shop, with an empty CRM, no ledger and no STATE."""
        self.worlds += 1
        self.place = self.folder / f"world-{self.worlds}"
        self.place.mkdir()
        self.proxy.ledger = self.place / "ledger.db"
        self.shop = ChangingShop(self.chance)
        self.state: Any = None
        self.sandbox.reset()
        self.sandbox.limits(latency_ms=self.chance.randint(5, 20))

    def change(self) -> None:
        """Let time pass in the shop; start another one when it has become large."""
        if self.shop.is_full:
            self.begin()
        self.sandbox.load(self.shop.change())

    def judge(self) -> Verdict:
        """Compare Streak with the shop, and the STATE with the shop's end."""
        self.proxy.settle()
        verdict = judge(self.shop, self.sandbox.snapshot())
        bookmarks = (self.state or {}).get("bookmarks", {})
        for stream, newest in self.shop.newest().items():
            found = bookmarks.get(stream, {}).get("replication_key_value", "")
            verdict.same(f"STATE of {stream}", found[:19], newest[:19])
        with self.ledger() as ledger:
            open_letters = [(one.stream, one.external_id, one.kind, one.reason) for one in ledger.letters()]
        verdict.same("letters", open_letters, [])
        for finding in verdict.findings[:8]:
            sys.stderr.write(f"{self.place}: {finding}\n")
        return verdict

    def ledger(self) -> Ledger:
        """Open the ledger, only to look."""
        team = self.sandbox.snapshot()["streak"]["teams"][0]["key"]
        url, destination = f"sqlite:///{self.proxy.ledger}", f"{self.proxy.origin}/api {team}"
        return Ledger.open(url, source=self.sandbox.clarity_url, destination=destination, read_only=True)

    def lines(self) -> list[bytes]:
        """Give what `tap-clarity | mapper-crosswalk` sends from the STATE on, with a STATE after every few records."""
        tap = {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key}
        arguments = ["--config", self._file("tap", tap)]
        if self.state:
            arguments += ["--state", self._file("state", self.state)]
        mapper = ["--config", self._file("mapper", {"mapping_file": str(MAPPING)})]
        read = _output([BIN / "tap-clarity", *arguments], self.place / "tap.log")
        return list(with_states(_output([BIN / "mapper-crosswalk", *mapper], self.place / "mapper.log", read)))

    def target(self, lines: list[bytes], name: str = "target", **settings: Any) -> Target:
        """Start the target on these lines."""
        given = {
            "api_url": f"{self.proxy.origin}/api",
            "api_key": self.sandbox.streak_key,
            "ledger_url": f"sqlite:///{self.proxy.ledger}",
            "source": self.sandbox.clarity_url,
            "create_missing_fields": True,
            "requests_per_second": 1000,
            "effects_since": EFFECTS_SINCE,
            "search_lag_seconds": LAG_SECONDS,
            "state_interval": 0.02,
        }
        command = [BIN / "target-streak", "--config", self._file(name, given | settings)]
        return Target(command, lines, self.place / name)

    def _file(self, name: str, content: Any) -> str:
        path = self.place / f"{name}.json"
        path.write_text(json.dumps(content))
        return str(path)


def _output(command: list[Any], log: Path, given: list[bytes] | None = None) -> list[bytes]:
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
