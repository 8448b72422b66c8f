"""Several processes on one ledger, and what is left when one of them is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from singer_rest.ledger import Content, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    Open = Callable[..., Ledger]

OPEN = """
import sys, time
from singer_rest.ledger import Content, Ledger
ledger = Ledger.open(sys.argv[1], source="shop", destination="crm")
content = Content("h", {"a": 1})
def write(number, key):
    ledger.links.written("boxes", str(number), vendor_key=key, flow="f", content=content, result="created")
"""

KILLED_BEFORE_WRITTEN = """
with ledger.lease("boxes", "1"):
    ledger.intents.open("boxes", "1", {"name": "Order 1"})
    write(2, "b2")
    print("sent", flush=True)
    time.sleep(60)
"""

EVERYBODY_MAKES_ALL = """
for number in range(40):
    with ledger.lease("boxes", str(number)) as held:
        if held.link is None:
            ledger.intents.open("boxes", str(number), {})
            print(number, flush=True)
            write(number, f"key-{number}")
ledger.close()
"""

WRITES_UNTIL_KILLED = """
for number in range(100000):
    write(number, f"key-{number}")
    print(number, flush=True)
"""


def start(program: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OPEN + program, url], stdout=subprocess.PIPE, text=True)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_killed_between_intent_and_written(ledger_url: str, open_ledger: Open) -> None:
    with start(KILLED_BEFORE_WRITTEN, ledger_url) as process:
        assert read_line(process) == "sent"
        ledger = open_ledger()
        # its owner lives: nobody touches it
        assert ledger.intents.abandoned() == []
        process.kill()
        process.wait()
    began = time.monotonic()
    with ledger.lease("boxes", "1") as held:
        assert held.link is None
        assert held.intent is not None
        assert held.intent.hint == {"name": "Order 1"}
        ledger.links.written("boxes", "1", vendor_key="b1", flow="f", content=Content("h", {}), result="created")
    # the owner is known to be dead, so its lease need not run out
    assert time.monotonic() - began < 30
    assert ledger.intents.abandoned() == []
    assert {link.vendor_key for number in "12" if (link := ledger.links.get("boxes", number))} == {"b1", "b2"}


def test_two_processes_make_each_record_once(ledger_url: str) -> None:
    processes = [start(EVERYBODY_MAKES_ALL, ledger_url) for _ in range(2)]
    made = [line for process in processes for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in processes] == [0, 0]
    assert Counter(made) == Counter(str(number) for number in range(40))


def test_what_was_acknowledged_survives_a_kill(ledger_url: str, open_ledger: Open) -> None:
    with start(WRITES_UNTIL_KILLED, ledger_url) as process:
        for _ in range(50):
            last = read_line(process)
        process.kill()
        assert process.stdout is not None
        acknowledged = [last, *process.stdout.read().split()]
    ledger = open_ledger()
    last = max(acknowledged, key=int)
    for number in range(int(last) + 1):
        assert ledger.links.find("boxes", str(number), "f") is not None
    assert ledger.record_log.writes_within("boxes", last, 60) == 1


def test_many_open_a_new_ledger_at_once(ledger_url: str) -> None:
    processes = [start("write(1, 'b1'); ledger.close()", ledger_url) for _ in range(4)]
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0] * 4
