"""Notes and invoices: once, whatever happens on the way."""

from __future__ import annotations

from typing import Any

import pytest

DAYS = [f"2026-03-0{day}T12:00:00Z" for day in range(1, 8)]


def texts(crm: Any) -> list[str]:
    return [note["text"] for note in crm.stored("notes")]


def test_a_note_happens_once_and_costs_one_call(crm: Any) -> None:
    crm.has_orders()
    ran = crm.run(crm.note())
    note = crm.only("notes")
    assert (note["orderId"], note["text"], note["externalId"]) == ("1", "Called: wants it on Friday", "task:T1:done")
    assert ran.calls == ["POST /orders/1/notes"]
    assert crm.run(crm.note(text="Another text")).calls == []


def test_the_order_is_known_by_the_box_that_was_made_of_it(crm: Any) -> None:
    crm.has_orders()
    crm.came_over("boxes", "1", "box-1", "orders:1", 1)
    crm.run(crm.note(orderId=None, boxKey="box-1"), crm.note(name="other", orderId=None, boxKey="box-2"))
    assert [note["orderId"] for note in crm.stored("notes")] == ["1"]
    (letter,) = crm.letters()
    assert (letter.code, letter.reason) == ("unknown_box", "box box-2 was made of no order that the ledger knows")


def test_a_note_of_an_unknown_order_is_written_when_there_is_one(crm: Any) -> None:
    crm.run(crm.note())
    assert [(letter.code, letter.reason) for letter in crm.letters()] == [("404", "No order 1")]
    crm.has_orders()
    assert crm.shell("--dead-letters", "retry", "--all").returncode == 0
    assert (len(texts(crm)), crm.letters()) == (1, [])


def test_every_change_makes_a_note_of_its_own(crm: Any) -> None:
    crm.has_orders()
    for day, stage in enumerate(("New Order", "Shipped", "On Hold", "Shipped")):
        crm.run(crm.stage(stage, at=DAYS[day]))
    assert texts(crm) == ["Moved to Shipped", "Moved to On Hold", "Moved to Shipped"]
    assert [note["externalId"] for note in crm.stored("notes")] == [f"box:1:stage:{n}" for n in (1, 2, 3)]


def test_a_value_that_our_other_target_wrote_makes_none(crm: Any) -> None:
    crm.has_orders()
    crm.run(crm.stage("New Order", at=DAYS[0]))
    crm.came_over("boxes", "1", "box-1", "orders:1", 2, **{"stageName": "Shipped", "@wrote": ["stageName"]})
    crm.run(crm.stage("Shipped", at=DAYS[1]))
    assert texts(crm) == []
    crm.run(crm.stage("On Hold", at=DAYS[2]))
    assert texts(crm) == ["Moved to On Hold"]


def test_old_times_make_no_effects(crm: Any) -> None:
    crm.has_orders()
    ran = crm.run(crm.note(), crm.invoice(), effects_since=DAYS[5])
    assert (ran.calls, texts(crm), crm.stored("invoices")) == ([], [], [])


def test_an_invoice_is_made_once_and_changed_after(crm: Any) -> None:
    crm.has_orders(totalAmount=12.5)
    ran = crm.run(crm.invoice(dueDate="2026-06-01"))
    invoice = crm.only("invoices")
    assert (invoice["orderId"], invoice["dueDate"], invoice["externalId"]) == ("1", "2026-06-01", "box:1:won")
    assert ran.calls == ["POST /invoices"]
    assert crm.run(crm.invoice(dueDate="2026-06-01")).calls == []
    ran = crm.run(crm.invoice(dueDate="2026-06-15", status="paid", at=DAYS[3]))
    assert ran.calls == [f"PATCH /invoices/{invoice['invoiceId']}"]
    assert (crm.only("invoices")["status"], crm.only("invoices")["dueDate"]) == ("paid", "2026-06-15")


def test_an_invoice_that_the_order_has_is_taken(crm: Any) -> None:
    crm.has_orders()
    crm.person("POST", "/invoices", {"orderId": "1"})
    ran = crm.run(crm.invoice(dueDate="2026-06-01"))
    assert (crm.only("invoices")["dueDate"], crm.letters()) == ("2026-06-01", [])
    assert [call.split()[0] for call in ran.calls] == ["POST", "GET", "PATCH"]


def test_an_invoice_on_change_is_made_when_the_box_is_won(crm: Any) -> None:
    crm.has_orders()
    for day, stage in enumerate(("Shipped", "Won", "Won")):
        crm.run(crm.invoice(at=DAYS[day], _change={"path": "stageName", "value": stage}))
    assert len(crm.stored("invoices")) == 1


def won(crm: Any, day: int, stage: str, number: int = 1) -> Any:
    """An invoice when a box is won; other stages are only remembered."""
    change = {"path": "stageName", "value": stage} | ({} if stage == "Won" else {"remember": True})
    return crm.invoice(number, at=DAYS[day], _change=change)


def test_other_values_than_those_that_count_are_only_remembered(crm: Any) -> None:
    crm.has_orders(1, 2)
    for day, stage in enumerate(("Won", "Lost", "Shipped")):
        assert crm.run(won(crm, day, stage)).calls == []
    assert crm.run(won(crm, 3, "Won")).calls == ["POST /invoices"]


def test_at_first_sight_a_value_other_than_the_one_that_was_carried_over_is_a_change(crm: Any) -> None:
    crm.has_orders(1, 2, 3, 4)
    for number, values in enumerate(({"stageName": "Shipped"}, {"stageName": "Won"}, {"@stageName": "5001"}), 1):
        crm.came_over(
            "boxes", str(number), f"box-box:{number}:won", f"orders:{number}", 1, **{"stageName": "New", **values}
        )
    crm.run(*(won(crm, 1, "Won", number) for number in (1, 2, 3, 4)))
    assert crm.only("invoices")["orderId"] == "1"


def test_notes_come_after_the_change_of_their_order(crm: Any) -> None:
    crm.has_orders()
    crm.sync = {}
    ran = crm.run(crm.order(status="shipped"), crm.note())
    assert ran.calls == ["GET /orders/1", "PATCH /orders/1", "POST /orders/1/notes"]


@pytest.mark.parametrize("fault", ["lost_answer", "reset", "truncate", "html500"])
def test_what_went_wrong_on_the_way_happens_once(crm: Any, fault: str) -> None:
    crm.has_orders(1, 2)
    crm.sandbox.faults([{"match": {"method": "POST"}, "do": fault, "times": 3}])
    crm.run(crm.note(), crm.invoice(2), crm.customer(firstName="Ada"), retry_seconds=20)
    assert [len(crm.stored(stream)) for stream in ("notes", "invoices", "customers")] == [1, 1, 1]
    assert crm.letters() == []


@pytest.mark.parametrize("lost", ["nothing", "the ledger"])
def test_a_run_that_died_before_it_remembered(crm: Any, lost: str) -> None:
    """The same record, the same key: the shop gives its first answer."""
    crm.has_orders(1, 2)
    records = (crm.note(), crm.invoice(2, dueDate="2026-06-01"), crm.customer(firstName="Ada"))
    crm.sandbox.faults([{"match": {"method": "POST"}, "do": "lost_answer", "times": 100}])
    crm.run(*records, retry_seconds=0)
    crm.sandbox.faults([])
    before = {stream: crm.stored(stream) for stream in ("notes", "invoices", "customers")}
    assert [len(one) for one in before.values()] == [1, 1, 1]
    if lost == "the ledger":
        crm.settings["ledger_url"] = f"sqlite:///{crm.tmp_path}/another.db"
    crm.run(*records)
    assert {stream: crm.stored(stream) for stream in before} == before
