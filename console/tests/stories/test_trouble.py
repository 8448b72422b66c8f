"""What can't be stored is not acknowledged, and everything goes on when the trouble is over."""

from __future__ import annotations

import resource
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from running_receiver import NEW_TOKEN, order_body, signed, unique

if TYPE_CHECKING:
    from pathlib import Path

    from running_receiver import Receiver

NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def refused_for_now(receiver: Receiver, order: str) -> None:
    body = order_body(order)
    answer = receiver.post("clarity/shop", body, signed(body, f"msg_{order}_order.created"))
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)


def until_taken(receiver: Receiver, order: str) -> None:
    """A sender comes again until it is heard."""
    deadline = time.monotonic() + 60
    while receiver.order(order) != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def moved(receiver: Receiver, folder: Path) -> None:
    for file in receiver.database.parent.glob("console.db*"):
        file.rename(folder / file.name)


def test_a_full_disk_is_waited_for(own_receiver: Receiver) -> None:
    """No file may grow any more: to a program that is a full disk."""
    assert own_receiver.order("before") == 200
    size = own_receiver.database.with_name("console.db-wal").stat().st_size
    resource.prlimit(own_receiver.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    deliveries = [unique("order") for _ in range(10)]
    for order in deliveries:
        refused_for_now(own_receiver, order)
    assert own_receiver.told("clarity") == [("order.created", "before")]
    resource.prlimit(own_receiver.process.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
    for order in deliveries:
        until_taken(own_receiver, order)
    assert own_receiver.told("clarity")[1:] == [("order.created", order) for order in deliveries]
    own_receiver.stop()
    log = "".join(own_receiver.log)
    assert log.count("Deliveries can't be stored and are answered 503") == 1
    assert log.count("Deliveries are stored again") == 1


def test_a_database_that_is_gone_is_waited_for(own_receiver: Receiver, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    assert own_receiver.order("before") == 200
    moved(own_receiver, away)
    refused_for_now(own_receiver, "during")
    assert own_receiver.feed("clarity").status_code == 503
    assert not own_receiver.database.exists(), "what a new file would hold is lost when the old one comes back"
    for file in away.iterdir():
        file.rename(own_receiver.folder / file.name)
    until_taken(own_receiver, "during")
    assert own_receiver.told("clarity") == [("order.created", "before"), ("order.created", "during")]


def test_a_new_database_may_be_put_in_its_place(own_receiver: Receiver) -> None:
    assert own_receiver.order("before") == 200
    last = own_receiver.page("clarity")["last"]
    for file in own_receiver.folder.glob("console.db*"):
        file.unlink()
    refused_for_now(own_receiver, "during")
    assert own_receiver.feed("clarity").status_code == 503
    own_receiver.database.touch()
    until_taken(own_receiver, "during")
    page = own_receiver.page("clarity", after=last)
    assert ([event["id"] for event in page["events"]], page["gap"]) == (["during"], True)


def test_a_file_that_is_no_database_is_waited_for(own_receiver: Receiver) -> None:
    assert own_receiver.order("before") == 200
    for file in own_receiver.folder.glob("console.db*"):
        file.unlink()
    other = own_receiver.folder / "something else"
    other.write_text("something else " * 1000)
    other.rename(own_receiver.database)  # at once, as an empty file would be taken for a new database
    refused_for_now(own_receiver, "during")
    assert own_receiver.feed("clarity").status_code == 503
    own_receiver.database.write_bytes(b"")
    until_taken(own_receiver, "during")
    assert own_receiver.told("clarity") == [("order.created", "during")]


def test_a_locked_database_is_waited_for(own_receiver: Receiver) -> None:
    other = sqlite3.connect(own_receiver.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(5) as senders:
        list(senders.map(lambda order: refused_for_now(own_receiver, order), "abcde"))
    assert own_receiver.feed("clarity").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    for order in "abcde":
        until_taken(own_receiver, order)
    assert sorted(own_receiver.told("clarity")) == [("order.created", order) for order in "abcde"]


def test_a_delivery_is_stored_whole_or_not_at_all(own_receiver: Receiver) -> None:
    assert own_receiver.order("before") == 200
    size = own_receiver.database.with_name("console.db-wal").stat().st_size
    resource.prlimit(own_receiver.process.pid, resource.RLIMIT_FSIZE, (size + 20_000, resource.RLIM_INFINITY))
    boxes = [{"key": f"box-{number}", "lastSavedTimestamp": 1} for number in range(5000)]
    assert own_receiver.boxes("BOX_EDIT", *boxes, token=NEW_TOKEN) == 503
    assert own_receiver.told("streak") == []
    resource.prlimit(own_receiver.process.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
    assert own_receiver.boxes("BOX_EDIT", *boxes) == 200
    assert own_receiver.told("streak") == [("BOX_EDIT", box["key"]) for box in boxes]
