"""`kill -9` under load: every acknowledged delivery is stored, none twice (`make chaos-receive N=50`)."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from running_receiver import order_body, signed

if TYPE_CHECKING:
    from running_receiver import Receiver

KILLS = int(os.environ.get("RECEIVE_KILLS", "3"))
SEED = int(os.environ.get("RECEIVE_SEED", "1"))
SENDERS = 8


class Sender:
    """Posts one order after the other, each until it is acknowledged, as vendors do."""

    def __init__(self, receiver: Receiver, name: str) -> None:
        self.receiver = receiver
        self.name = name
        self.acknowledged: list[str] = []
        self.attempts = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.send)
        self.thread.start()

    def send(self) -> None:
        with httpx.Client(timeout=20) as client:
            while not self.ended.is_set():
                order = f"{self.name}-{len(self.acknowledged)}"
                while not self.is_heard(client, order):
                    time.sleep(0.02)
                self.acknowledged.append(order)

    def is_heard(self, client: httpx.Client, order: str) -> bool:
        body = order_body(order)
        self.attempts += 1
        try:
            answer = client.post(
                f"{self.receiver.hooks}/hooks/clarity/shop", content=body, headers=signed(body, f"msg_{order}")
            )
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def end(self) -> None:
        self.ended.set()
        self.thread.join()


class Reader:
    """Follows the feed over all restarts."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.read: list[str] = []
        self.gaps = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()

    def follow(self) -> None:
        after, at_end = 0, False
        while not (at_end and self.ended.is_set()):
            try:
                page = self.receiver.page("clarity", after, wait=0.5)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            self.read += [event["id"] for event in page["events"]]
            self.gaps += page["gap"]
            after, at_end = page["last"], not page["events"]

    def end(self) -> None:
        self.ended.set()
        self.thread.join()


@pytest.mark.timeout(120 + 10 * KILLS)
def test_every_acknowledged_delivery_is_stored_once_whenever_it_is_killed(own_receiver: Receiver) -> None:
    chance = random.Random(SEED)  # noqa: S311  # a campaign is to be repeatable
    senders = [Sender(own_receiver, f"sender-{number}") for number in range(SENDERS)]
    reader = Reader(own_receiver)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.8))
        own_receiver.kill()
        own_receiver.start()
    for sender in senders:
        sender.end()
    reader.end()
    acknowledged = [order for sender in senders for order in sender.acknowledged]
    with closing(sqlite3.connect(own_receiver.database)) as database:
        stored = Counter(order for (order,) in database.execute("SELECT id FROM events"))
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    doubled = sum(stored.values()) - len(stored)
    lost = sorted(set(acknowledged) - stored.keys())
    attempts = sum(sender.attempts for sender in senders)
    sys.stdout.write(
        f"seed {SEED}: {KILLS} kills, {attempts} posted, {len(acknowledged)} acknowledged, {len(lost)} lost, "
        f"{doubled} doubled, {len(reader.read)} read from the feed\n"
    )
    assert (lost, doubled) == ([], 0)
    assert acknowledged
    assert (Counter(reader.read), reader.gaps) == (stored, 0)
