"""A tap that reads the backlog of a shop in small pages, to its end or until it is killed."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from running import BIN, clean_environment
from sandbox.in_process import printed
from shop import customer, order
from tap_clarity.tap import TapClarity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sandbox.testing import Sandbox

ORDERS = 400
CUSTOMERS = 30
IMPORTED = range(20, 370)
PAGE = 20
BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
IDS = [str(100000 + number) for number in range(ORDERS)]


def backlog() -> list[dict[str, Any]]:
    """Orders five minutes apart, or all at once as after an import, and their customers."""
    customers = [customer(customerId=f"C-{number}", email=f"c{number}@acme.example") for number in range(CUSTOMERS)]
    return [*customers, *(_order(number) for number in range(ORDERS))]


def _order(number: int) -> dict[str, Any]:
    turn = IMPORTED.start if number in IMPORTED else number
    when = (BEGAN + timedelta(minutes=5 * turn)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return order(int(IDS[number]), customerId=f"C-{number % CUSTOMERS}", updatedAt=when, orderDate=when)


@dataclass(frozen=True)
class Ended:
    """How a run ended, and the orders that it wrote."""

    returncode: int
    ids: list[str]
    log: str


@dataclass
class Reading:
    """A tap with a state of its own; it reads orders with their customers."""

    sandbox: Sandbox
    folder: Path
    state: Any = None

    def here(self) -> Counter[str]:
        """Run the tap in this process from the beginning; how often each order came, with its customer."""
        tap = TapClarity(config=self._config())
        for name, stream in tap.streams.items():
            stream.selected = name == "orders"
        orders = _orders(map(json.loads, printed(tap.sync_all).splitlines()))
        assert all(one["customer"]["customerId"] == one["customerId"] for one in orders)
        return Counter(one["orderId"] for one in orders)

    def to_its_end(self) -> Ended:
        """Run the command from its state on."""
        done = subprocess.run(
            self._command(), capture_output=True, text=True, env=clean_environment(), timeout=120, check=False
        )
        (self.folder / "tap.log").write_text(done.stderr)
        return Ended(done.returncode, self._taken(done.stdout.splitlines()), done.stderr)

    def until_killed(self, records: int) -> list[str]:
        """Run the command from its state on, and kill -9 it when so many records have been read from it."""
        with subprocess.Popen(
            self._command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean_environment()
        ) as process:
            assert process.stdout
            lines, seen = [], 0
            while seen < records and (line := process.stdout.readline()):
                lines.append(line)
                seen += '"RECORD"' in line
            process.kill()
            rest = process.stdout.read().splitlines(keepends=True)
        return self._taken([line for line in [*lines, *rest] if line.endswith("\n")])

    def _taken(self, lines: Iterable[str]) -> list[str]:
        messages = [json.loads(line) for line in lines]
        self.state = next((one["value"] for one in reversed(messages) if one["type"] == "STATE"), self.state)
        return [one["orderId"] for one in _orders(messages)]

    def _command(self) -> list[str]:
        files = {"config": self._config(), "state": self.state or {}, "catalog": self._catalog()}
        paths = {name: self.folder / f"{name}.json" for name in files}
        for name, content in files.items():
            paths[name].write_text(json.dumps(content))
        return [str(BIN / "tap-clarity"), *(word for name in files for word in (f"--{name}", str(paths[name])))]

    def _config(self) -> dict[str, Any]:
        own = {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key}
        return {**own, "page_size": PAGE, "request_timeout": 1}

    def _catalog(self) -> Any:
        tap = TapClarity(config=self._config())
        catalog = json.loads(tap.catalog_json_text)
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] == "orders"
        return catalog


def _orders(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["record"] for one in messages if one["type"] == "RECORD" and one["stream"] == "orders"]
