"""An order is a deal as soon as it is placed, a stage moved is a status: `meltano run` with the taps' feeds."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from crm import Crm
from shop import customer, guest, order

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from running import Meltano
    from sandbox.feed import Feed

THERE = ("run", "--force", "tap-clarity-events", "mapper", "target-streak")
BACK = ("run", "tap-streak-events", "mapper", "target-clarity")
PATIENCE = 90.0


def until(come: Callable[[], Any], meltano: Meltano) -> Any:
    """Wait until it is true; gives what it gave."""
    deadline = time.monotonic() + PATIENCE
    while not (found := come()):
        if time.monotonic() > deadline:
            raise AssertionError((meltano.folder / "meltano.log").read_text())
        time.sleep(0.1)
    return found


def session_of(leader: int) -> list[str]:
    """The commands of the processes that still run in a session."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, _parent, _group, session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


@contextmanager
def live(meltano: Meltano) -> Iterator[subprocess.Popen[bytes]]:
    """The live pipeline, until the end of the story."""
    process = meltano.start(*THERE)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def seq(meltano: Meltano) -> int:
    """How far Meltano's state says that the feed is read."""
    said = meltano("state", "get", "sandbox:tap-clarity-events-to-target-streak").log
    state: dict[str, Any] = next((json.loads(line) for line in said.splitlines() if line.startswith("{")), {})
    bookmarks = state.get("singer_state", {}).get("bookmarks", {})
    assert bookmarks.keys() <= {"events"}
    return int(bookmarks.get("events", {}).get("replication_key_value", -1))


def test_an_order_that_is_placed_is_a_deal_while_the_pipeline_runs(meltano: Meltano, feed: Feed) -> None:
    shop = meltano.sandbox
    meltano.settings = {"TAP_CLARITY_EVENTS_EVENTS_URL": feed.url}

    def boxes() -> set[str]:
        return {box["name"] for box in shop.snapshot()["streak"]["boxes"]}

    with live(meltano) as process:
        shop.load([customer(), order(1)])
        feed.tell("clarity", "order.created", "1")
        until(lambda: boxes() == {"SO-1 – Acme Ltd"}, meltano)
        until(lambda: seq(meltano) == 1, meltano)
        shop.load([guest(2)])
        feed.tell("clarity", "order.created", "2", "of-nobody")
        until(lambda: len(boxes()) == 2, meltano)
        until(lambda: seq(meltano) == 3, meltano)
        assert len(feed.polls) > 2
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        until(lambda: not session_of(process.pid), meltano)
    assert "Told to end; the feed of events is read up to 3" in (meltano.folder / "meltano.log").read_text()


def test_a_killed_meltano_leaves_no_orphans_and_the_next_run_goes_on(meltano: Meltano, feed: Feed) -> None:
    shop = meltano.sandbox
    meltano.settings = {"TAP_CLARITY_EVENTS_EVENTS_URL": feed.url, "TAP_CLARITY_EVENTS_FOLLOW": "false"}
    shop.load([customer(), order(1)])
    feed.tell("clarity", "order.created", "1")
    meltano(*THERE)
    assert seq(meltano) == 1
    meltano.settings["TAP_CLARITY_EVENTS_FOLLOW"] = "true"
    polls = len(feed.polls)
    with live(meltano) as process:
        until(lambda: len(feed.polls) > polls + 1, meltano)
        process.kill()
        process.wait()
        until(lambda: not session_of(process.pid), meltano)
    assert {poll["after"] for poll in feed.polls[polls:]} == {1}


def test_a_stage_that_was_moved_is_a_status_when_the_feed_is_read(meltano: Meltano, feed: Feed) -> None:
    shop = meltano.sandbox
    drained = {"EVENTS_URL": feed.url, "FOLLOW": "false"}
    meltano.settings = {
        f"TAP_{tap}_EVENTS_{name}": value for tap in ("CLARITY", "STREAK") for name, value in drained.items()
    }
    shop.load([customer(), order(1)])
    feed.tell("clarity", "order.created", "1")
    meltano(*THERE)
    crm = Crm(shop.snapshot())
    box = crm.box("1")
    url, key = f"{shop.streak_url}/v1/boxes/{box['key']}", (shop.streak_key, "")
    body = {"stageKey": crm.stage_key(box["pipeline"], "Shipped")}
    requests.post(url, json=body, auth=key, timeout=30).raise_for_status()
    feed.tell("streak", "BOX_CHANGE_STAGE", box["key"])
    meltano(*BACK)
    assert [one["status"] for one in shop.snapshot()["clarity"]["orders"]] == ["shipped"]
