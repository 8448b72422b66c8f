"""A target that is killed, or meets every fault at once: everything arrives in the end, and nothing twice."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter
from typing import Any

ORDERS = 40
SEED = int(os.environ.get("KILL_SEED", "7"))
KILLS = int(os.environ.get("KILLS", "4"))
FAULTS = ("lost_answer", "reset", "truncate", "html500")


def records(crm: Any) -> list[Any]:
    messages = []
    for number in range(1, ORDERS + 1):
        messages += [
            crm.order(number, status="shipped", trackingNumber=f"T{number}"),
            crm.customer(f"K{number}", email=f"p{number % 30}@acme.example", firstName=f"P{number % 30}"),
            crm.note(number, f"task:{number}:done"),
            crm.stage("Shipped", number),
            crm.invoice(number, dueDate="2026-06-01", status="paid"),
        ]
    return messages


def stock(crm: Any) -> None:
    """Both sides know each other; the stages are remembered."""
    crm.has_orders(*range(1, ORDERS + 1))
    numbers = range(1, ORDERS + 1)
    first = "2026-03-01T12:00:00Z"
    crm.run(*(crm.order(number, status="pending", at=first) for number in numbers))
    crm.run(*(crm.stage("New Order", number, at=first) for number in numbers))


def assert_each_once(crm: Any) -> None:
    assert {(one["status"], one["trackingNumber"]) for one in crm.stored("orders")} == {
        ("shipped", f"T{number}") for number in range(1, ORDERS + 1)
    }
    assert Counter(one["email"] for one in crm.stored("customers")) == {f"p{n}@acme.example": 1 for n in range(30)}
    names = [f"task:{n}:done" for n in range(1, ORDERS + 1)] + [f"box:{n}:stage:1" for n in range(1, ORDERS + 1)]
    assert Counter(one["externalId"] for one in crm.stored("notes")) == dict.fromkeys(names, 1)
    invoices = Counter((one["orderId"], one["status"], one["dueDate"]) for one in crm.stored("invoices"))
    assert invoices == {(str(number), "paid", "2026-06-01"): 1 for number in range(1, ORDERS + 1)}
    assert crm.letters() == []


def test_kills_lose_and_double_nothing(crm: Any) -> None:
    stock(crm)
    crm.sandbox.limits(latency_ms=15)
    chance = random.Random(SEED)  # noqa: S311  # repeatable, not secret
    lines = crm.lines(*records(crm), {"type": "STATE", "value": {"done": True}})
    ended = crm.killed(lines, (chance.uniform(0.8, 1.6) for _ in range(KILLS)))
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"done": True}
    assert_each_once(crm)


def test_a_kill_between_making_and_paying_an_invoice_leaves_it_paid(crm: Any) -> None:
    crm.has_orders(1)
    crm.sandbox.faults([{"match": {"method": "PATCH"}, "times": 1, "do": "hang"}])
    lines = crm.tmp_path / "records.singer"
    lines.write_text(crm.lines(crm.invoice(status="paid")))
    with lines.open() as stdin:
        process = subprocess.Popen(crm.command(), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while not [one for one in crm.sandbox.requests("clarity") if one["method"] == "PATCH"]:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
        process.communicate()
    assert crm.only("invoices")["status"] == "unpaid"
    crm.run(crm.invoice(status="paid"))
    assert crm.only("invoices")["status"] == "paid"


def test_two_runs_at_once_make_no_double(crm: Any) -> None:
    stock(crm)
    crm.sandbox.limits(latency_ms=10)
    ended = crm.twice_at_once(crm.lines(*records(crm), {"type": "STATE", "value": {"done": True}}))
    assert [json.loads(out) for out, _ in ended] == [{"done": True}] * 2, ended
    assert_each_once(crm)


def test_all_faults_at_once(crm: Any) -> None:
    stock(crm)
    crm.sandbox.faults([{"match": {"system": "clarity"}, "rate": 0.05, "do": one, "seed": SEED} for one in FAULTS])
    crm.run(*records(crm), retry_seconds=60)
    crm.sandbox.faults([])
    crm.run(*records(crm))
    assert_each_once(crm)
