"""The feed: in order, without holes, at once, and honest about what it no longer has."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from running_receiver import FEED_TOKEN, Receiver, order_body, signed, unique

if TYPE_CHECKING:
    from pathlib import Path

EMPTY_PAGE = b'{"events":[],'


def test_the_feed_needs_its_token(receiver: Receiver) -> None:
    for header in ({}, {"Authorization": FEED_TOKEN}, {"Authorization": "Bearer"}, {"Authorization": "Bearer nope"}):
        answer = receiver.client.get(f"{receiver.feed_address}/feed/clarity", headers=header)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert receiver.feed("clarity").status_code == 200
    assert receiver.feed("orders").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "after=", "after=1.5", "after=" + "9" * 30, "wait=-1", "wait=nan", "wait=x", "wait="],
)
def test_a_question_that_makes_no_sense_is_refused(receiver: Receiver, query: str) -> None:
    headers = {"Authorization": f"Bearer {FEED_TOKEN}"}
    assert receiver.client.get(f"{receiver.feed_address}/feed/clarity?{query}", headers=headers).status_code == 400


def test_an_empty_feed_is_no_gap(own_receiver: Receiver) -> None:
    page = own_receiver.page("clarity")
    assert (page["events"], page["gap"]) == ([], False)
    assert own_receiver.page("clarity", after=page["last"]) == page


def test_an_event_tells_what_and_which_and_when(receiver: Receiver) -> None:
    last = receiver.page("clarity")["last"]
    order = unique("order")
    receiver.order(order)
    page = receiver.page("clarity", after=last)
    (event,) = page["events"]
    assert event.keys() == {"seq", "type", "id", "receivedAt"}
    assert (event["type"], event["id"]) == ("order.created", order)
    assert last < event["seq"] == page["last"]
    assert event["receivedAt"].endswith("Z")
    assert not page["gap"]


def test_each_source_has_its_own_events_and_goes_on_past_the_others(receiver: Receiver) -> None:
    last = receiver.page("clarity")["last"]
    receiver.boxes("BOX_EDIT", {"key": unique("box"), "lastSavedTimestamp": 1})
    page = receiver.page("clarity", after=last)
    assert page["events"] == []
    assert page["last"] == receiver.page("streak")["events"][-1]["seq"]


def test_a_long_feed_comes_in_pages(own_receiver: Receiver) -> None:
    boxes = [{"key": f"box-{number}", "lastSavedTimestamp": 1} for number in range(2500)]
    assert own_receiver.boxes("BOX_EDIT", *boxes) == 200
    first = own_receiver.page("streak")
    assert (len(first["events"]), first["last"]) == (1000, first["events"][-1]["seq"])
    assert own_receiver.told("streak") == [("BOX_EDIT", box["key"]) for box in boxes]


def test_a_reader_that_waits_is_told_when_something_comes(receiver: Receiver) -> None:
    last, order = receiver.page("clarity")["last"], unique("order")
    with ThreadPoolExecutor(20) as readers:
        waiting = [readers.submit(waited, receiver, last) for _ in range(20)]
        receiver.boxes("BOX_EDIT", {"key": unique("box"), "lastSavedTimestamp": 1})
        time.sleep(0.3)
        assert not any(answer.done() for answer in waiting)
        receiver.order(order)
        assert [[event["id"] for event in answer.result()["events"]] for answer in waiting] == [[order]] * 20


def waited(receiver: Receiver, after: int) -> dict[str, Any]:
    url = f"{receiver.feed_address}/feed/clarity?after={after}&wait=50"
    page: dict[str, Any] = receiver.client.get(
        url, headers={"Authorization": f"Bearer {FEED_TOKEN}"}, timeout=60
    ).json()
    return page


def test_a_reader_waits_no_longer_than_it_asked_for(receiver: Receiver) -> None:
    last = receiver.page("clarity")["last"]
    asked_at = time.monotonic()
    assert receiver.page("clarity", after=last, wait=0.5)["events"] == []
    assert time.monotonic() - asked_at >= 0.5


def test_no_reader_ever_sees_a_hole(receiver: Receiver) -> None:
    """What a reader collects page by page while many post at once is all there is, in the same order."""
    start = receiver.page("streak")["last"]
    ended = threading.Event()
    collected: list[list[int]] = [[], []]

    def collect(place: int) -> None:
        after, done = start, False
        while not done:
            done = ended.is_set()
            page = receiver.page("streak", after, wait=0.2)
            collected[place] += [event["seq"] for event in page["events"]]
            after = page["last"]

    def write(name: str) -> int:
        posted = 0
        for number in range(25):
            boxes = [{"key": f"{name}-{number}-{place}", "lastSavedTimestamp": 1} for place in range(1 + number % 3)]
            posted += len(boxes) if receiver.boxes("BOX_EDIT", *boxes) == 200 else 0
        return posted

    readers = [threading.Thread(target=collect, args=(place,)) for place in range(2)]
    for reader in readers:
        reader.start()
    with ThreadPoolExecutor(16) as writers:
        posted = sum(writers.map(write, [unique("writer") for _ in range(16)]))
    ended.set()
    for reader in readers:
        reader.join()
    with sqlite3.connect(receiver.database) as database:
        stored = [seq for (seq,) in database.execute("SELECT seq FROM events WHERE seq > ? ORDER BY seq", (start,))]
    database.close()
    assert len(stored) == posted
    assert collected == [stored, stored]


def test_the_feed_outlives_a_restart(own_receiver: Receiver) -> None:
    own_receiver.order("1")
    before = own_receiver.page("clarity")
    own_receiver.stop()
    own_receiver.start()
    assert own_receiver.page("clarity") == before
    own_receiver.order("1")
    own_receiver.order("2")
    assert [event["id"] for event in own_receiver.page("clarity", after=before["last"])["events"]] == ["2"]


def test_the_end_is_clean_and_answers_who_waits(own_receiver: Receiver) -> None:
    """The second of two requests in a row is there when the first is answered."""
    feed = urlsplit(own_receiver.feed_address)
    head = f"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {FEED_TOKEN}\r\n\r\n"
    with socket.create_connection((feed.hostname or "", feed.port or 0), timeout=60) as client:
        client.sendall(f"GET /feed/clarity {head}GET /feed/clarity?wait=50 {head}".encode())
        answers = b""
        while EMPTY_PAGE not in answers:
            answers += client.recv(65536)
        assert answers.count(b"HTTP/1.1 200") == 1
        assert own_receiver.stop() == 0
        while piece := client.recv(65536):
            answers += piece
    assert answers.count(EMPTY_PAGE) == 2


def test_what_is_too_old_is_forgotten_and_leaves_a_gap(own_receiver: Receiver) -> None:
    for number in range(4):
        own_receiver.order(f"old-{number}")
    own_receiver.boxes("BOX_EDIT", {"key": "box", "lastSavedTimestamp": 1})
    numbers = [event["seq"] for event in own_receiver.page("clarity")["events"]]
    own_receiver.stop()
    age(own_receiver.database, numbers[:3], days=31)
    own_receiver.start()
    until_forgotten(own_receiver, 1)
    assert [own_receiver.page("clarity", after)["gap"] for after in (0, *numbers)] == [True, True, True, False, False]
    assert own_receiver.page("clarity", after=numbers[0])["events"][0]["id"] == "old-3"
    assert not own_receiver.page("streak")["gap"]
    own_receiver.order("old-0")  # once more, after it was forgotten
    assert own_receiver.page("clarity")["events"][-1]["seq"] > numbers[-1]


def test_everything_forgotten_is_a_gap_too(own_receiver: Receiver) -> None:
    own_receiver.order("old")
    last = own_receiver.page("clarity")["last"]
    own_receiver.stop()
    age(own_receiver.database, [last], days=31)
    own_receiver.start()
    until_forgotten(own_receiver, 0)
    assert own_receiver.page("clarity", after=last - 1) == {"events": [], "last": last, "gap": True}
    assert own_receiver.page("clarity", after=last) == {"events": [], "last": last, "gap": False}


def age(database: Path, numbers: list[int], *, days: int) -> None:
    connection = sqlite3.connect(database)
    with connection:
        connection.executemany(
            "UPDATE events SET received_at = received_at - ? WHERE seq = ?",
            [(days * 24 * 3600 * 1000, number) for number in numbers],
        )
    connection.close()


def until_forgotten(receiver: Receiver, left: int) -> None:
    deadline = time.monotonic() + 60
    while len(receiver.page("clarity")["events"]) != left:
        assert time.monotonic() < deadline


def test_another_database_is_a_gap_and_its_numbers_go_on(own_receiver: Receiver) -> None:
    own_receiver.order("1")
    last = own_receiver.page("clarity")["last"]
    own_receiver.stop()
    for file in own_receiver.folder.glob("console.db*"):
        file.unlink()
    own_receiver.start()
    own_receiver.order("2")
    page = own_receiver.page("clarity", after=last)
    assert ([event["id"] for event in page["events"]], page["gap"]) == (["2"], True)
    assert page["last"] > last
    ahead = own_receiver.page("clarity", after=page["last"] + 5)
    assert ahead == {"events": [], "last": page["last"], "gap": True}


def test_a_database_of_a_later_version_is_left_alone(own_receiver: Receiver, tmp_path: Path) -> None:
    own_receiver.stop()
    connection = sqlite3.connect(own_receiver.database)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    assert "made by a later version of sync-console" in Receiver(tmp_path).refusal()


def test_only_its_owner_reads_the_database(own_receiver: Receiver) -> None:
    assert own_receiver.order("1") == 200
    modes = {file.name: file.stat().st_mode & 0o777 for file in own_receiver.folder.glob("console.db*")}
    assert modes == dict.fromkeys(("console.db", "console.db-wal", "console.db-shm"), 0o600)


def test_what_was_answered_is_on_the_disk(own_receiver: Receiver) -> None:
    body = order_body("1")
    assert own_receiver.post("clarity/shop", body, signed(body, "msg")).status_code == 200
    own_receiver.kill()
    own_receiver.start()
    assert own_receiver.told("clarity") == [("order.created", "1")]
