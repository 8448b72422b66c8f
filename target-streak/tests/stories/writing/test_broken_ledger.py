"""The ledger fails under way: a clear stop, and the next run completes what was begun, nothing twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from singer_rest.testing import PostgresServer
from singer_rest.testing.postgresql import require_postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from singer_rest.ledger import Ledger

ORDERS = 40
UNDER_WAY = 12
LIMITED = """
import resource, sys
from target_streak.target import TargetStreak
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
TargetStreak.cli()
"""


def orders(shop: Any) -> list[Any]:
    messages = []
    for number in range(ORDERS):
        company, mail = f"K{number % 7}", f"c{number}@k{number % 7}.test"
        messages += [
            shop.organization(company, name=f"Company {company}", domains=[f"{company}.test"] if number % 7 else []),
            shop.contact(f"C{number}", emailAddresses=[mail], organizationExternalIds=[company]),
            shop.box(number, contactExternalIds=[f"C{number}"], organizationExternalIds=[company], notes="n" * 2000),
            shop.task(number),
            shop.comment(number, f"payment:{number}"),
        ]
    return messages


class Begun:
    """A target that is at work; `stops` says how it ended when its ledger has failed."""

    def __init__(self, shop: Any, program: tuple[str, ...] = ("-m", "target_streak")) -> None:
        self.shop, lines = shop, shop.tmp_path / "orders.singer"
        lines.write_text(shop.lines(*orders(shop), {"type": "STATE", "value": {"done": True}}))
        config = shop.tmp_path / "begun.json"
        config.write_text(json.dumps(shop.settings))
        command = [sys.executable, *program, "--config", str(config)]
        with lines.open() as stdin:
            self.process = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )

    def wait_for(self, boxes: int) -> None:
        """Return when so many boxes are there."""
        until = time.monotonic() + 60
        while len(self.shop.stored("boxes")) < boxes and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)

    def stops(self, *words: str) -> None:
        """It ends with exit code 1, without STATE, and its last line names the ledger and what is wrong."""
        out, log = self.process.communicate(timeout=60)
        assert (self.process.returncode, out) == (1, ""), log
        assert "Traceback" not in log
        assert all(word in log.splitlines()[-1] for word in ("ledger_url", *words)), log.splitlines()[-1]


@pytest.fixture
def slow(shop: Any) -> Any:
    """A shop whose fields are there, in front of a Streak that takes its time."""
    shop.run(shop.box(999))
    shop.sandbox.limits(latency_ms=15)
    shop.settings["search_lag_seconds"] = 0.5
    return shop


def assert_completed(shop: Any) -> None:
    shop.sandbox.limits()
    ended = shop.shell(stdin=shop.lines(*orders(shop), shop.box(999), {"type": "STATE", "value": {"done": True}}))
    assert (ended.returncode, ended.stdout) == (0, '{"done":true}\n'), ended.stderr
    for stream, name, count in (
        ("boxes", "name", ORDERS + 1),
        ("contacts", "emailAddresses", ORDERS),
        ("organizations", "name", 7),
        ("tasks", "text", ORDERS),
        ("comments", "boxKey", ORDERS),
    ):
        found = Counter(str(one[name]) for one in shop.stored(stream))
        assert (len(found), set(found.values())) == (count, {1}), stream
    with shop.ledger() as ledger:
        assert (ledger.dead_letters.all(), ledger.intents.abandoned()) == ([], [])
        assert_all_recorded(shop, ledger)


def assert_all_recorded(shop: Any, ledger: Ledger) -> None:
    for stream in ("boxes", "contacts", "organizations", "tasks", "comments"):
        assert [row["key"] for row in shop.stored(stream) if not ledger.links.to_key(stream, row["key"])] == [], stream


# disk full


@pytest.fixture
def megabytes() -> int:
    return 8


def fill(file: Path) -> None:
    """Write until nothing more fits."""
    with suppress(OSError), file.open("wb", buffering=0) as out:
        while out.write(b"x" * 1024):
            pass


def test_the_disk_is_full(slow: Any, tmp_path: Path, small_disk: Path) -> None:
    shutil.copy(tmp_path / "ledger.db", small_disk)
    slow.settings["ledger_url"] = f"sqlite:///{small_disk}/ledger.db"
    begun = Begun(slow)
    begun.wait_for(UNDER_WAY)
    fill(small_disk / "somebody-else's")
    begun.stops(f"{small_disk}/ledger.db", "disk", "full")
    assert UNDER_WAY <= len(slow.stored("boxes")) <= ORDERS
    (small_disk / "somebody-else's").unlink()
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    assert_completed(slow)


def test_the_file_may_not_grow(slow: Any, tmp_path: Path) -> None:
    """What a full disk is to a user who is not root: a limit on the size of files."""
    size = (tmp_path / "ledger.db").stat().st_size + 3_000_000
    Begun(slow, ("-c", LIMITED, str(size))).stops(str(tmp_path / "ledger.db"), "full")
    assert 1 < len(slow.stored("boxes")) <= ORDERS
    assert_completed(slow)


# read-only, locked


def test_the_ledger_is_read_only(slow: Any, tmp_path: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    shutil.copy(tmp_path / "ledger.db", small_disk)
    slow.settings["ledger_url"] = f"sqlite:///{small_disk}/ledger.db"
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    Begun(slow).stops(f"{small_disk}/ledger.db", "read-only")
    assert len(slow.stored("boxes")) == 1
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert_completed(slow)


@contextmanager
def sqlite_lock(url: str) -> Iterator[None]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def server_lock(url: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE links, intents IN EXCLUSIVE MODE")
        yield


LOCKS: dict[str, tuple[Callable[..., Any], str]] = {
    "sqlite": (sqlite_lock, "?timeout=0.3"),
    "postgresql": (server_lock, "?options=-c%20lock_timeout%3D300"),
}


@pytest.mark.parametrize("database", LOCKS, indirect=True)
def test_another_program_locks_the_ledger(slow: Any, database: str) -> None:
    lock, soon = LOCKS[database]
    url = slow.settings["ledger_url"]
    slow.settings["ledger_url"] = url + soon
    begun = Begun(slow)
    begun.wait_for(UNDER_WAY)
    with lock(url):
        begun.stops("another program keeps it locked")
    assert UNDER_WAY <= len(slow.stored("boxes")) <= ORDERS
    slow.settings["ledger_url"] = url
    assert_completed(slow)


# the server


def test_the_server_stops_under_way(slow: Any) -> None:
    require_postgresql()
    with PostgresServer() as server:
        slow.settings["ledger_url"] = server.database()
        begun = Begun(slow)
        begun.wait_for(UNDER_WAY)
        server.stop()
        begun.stops("ledger postgresql://127.0.0.1/test_1")
        assert UNDER_WAY <= len(slow.stored("boxes")) <= ORDERS
        server.start()
        assert_completed(slow)
