"""Nothing is lost: what can't be written is kept with its reason, tried again, and can be looked at from the shell."""

from __future__ import annotations

import json
from typing import Any

LATER = "2026-03-03T12:00:00Z"


def refuse(shop: Any, path: str, times: int = 1, status: int = 400) -> None:
    body = {"success": False, "error": "Streak says no"}
    rule = {"match": {"method": "POST", "path": path}, "times": times, "do": "status", "status": status, "body": body}
    shop.sandbox.faults([rule])


def test_one_bad_record_stops_nothing(shop: Any) -> None:
    refuse(shop, "/boxes$")
    ran = shop.run(shop.box(1), shop.box(2))
    assert ran.counts["streams"] == {"boxes": {"rejected": 1, "created": 1}}
    (letter,) = shop.letters()
    assert (letter.reason, letter.code, letter.kind, letter.attempts) == ("Streak says no", "400", "rejected", 1)
    assert ran.states == [{"at": 2}]


def test_a_newer_good_record_closes_the_letter(shop: Any) -> None:
    refuse(shop, "/boxes$")
    shop.run(shop.box(1))
    shop.run(shop.box(1, at=LATER))
    assert (len(shop.stored("boxes")), shop.letters()) == (1, [])


def test_invalid_records_say_which_property(shop: Any) -> None:
    wrong = shop.box(1)
    wrong["record"]["contactEmails"] = "not a list"
    nameless = shop.box(2, name=None, pipelineName=None)
    ran = shop.run(wrong, nameless, shop.box(3))
    assert ran.counts["streams"]["boxes"] == {"rejected": 2, "created": 1}
    reasons = sorted(letter.reason for letter in shop.letters())
    assert reasons[1].startswith("the box has no pipelineName") or "pipelineName" in reasons[1]
    assert reasons[0].startswith("contactEmails does not fit the schema (type)")


def test_lines_that_are_no_messages_are_kept_too(shop: Any) -> None:
    deep = '{"type":"RECORD","stream":"boxes","record":' + "[" * 5000 + "]" * 5000 + "}"
    half = '{"type":"RECORD","stream":"boxes","record":{"externalId":"7","name":"\\ud800"}}'
    huge = shop.box(4, notes="x" * 2_000_000)
    early = json.dumps(shop.task(1))
    ran = shop.run(early, shop.box(1), "no JSON at all", deep, half, '{"type":"RECORD","record":NaN}', huge, "", "[1]")
    assert ran.counts["streams"]["boxes"]["created"] == 1
    assert sum(counts.get("rejected", 0) for counts in ran.counts["streams"].values()) == 7
    codes = sorted(letter.code for letter in shop.letters())
    assert codes == ["no_schema", "too_large"] + ["unreadable"] * 5
    assert ran.states == [{"at": 9}]


def test_a_fault_that_stays_with_one_record_postpones_it(shop: Any) -> None:
    rule = {"match": {"method": "POST", "path": "/comments$"}, "do": "status", "status": 503, "times": 100}
    shop.run(shop.box())
    shop.sandbox.faults([rule])
    ran = shop.run(shop.comment(), shop.task(), retry_seconds=1)
    assert ran.counts["streams"] == {"comments": {"postponed": 1}, "tasks": {"created": 1}}
    (letter,) = shop.letters()
    assert (letter.kind, letter.next_try_at is not None) == ("retry", True)
    shop.sandbox.faults([])
    shop.shell("--dead-letters", "retry", "--all", request_timeout=1)
    assert (len(shop.stored("comments")), shop.letters()) == (1, [])


def test_what_the_mapper_rejects_is_kept_and_exported_for_it(shop: Any) -> None:
    order = {"orderId": "100001", "status": "lost-in-space", "totalAmount": 12.5}
    row: dict[str, Any] = {
        "stream": "orders",
        "key": "100001",
        "reason": "table 'stages' has no row for 'lost-in-space'",
    }
    row |= {"path": "order-box", "record": order, "rejectedAt": "2026-03-02T12:00:00Z"}
    ran = shop.run({"type": "RECORD", "stream": "rejected_records", "record": row}, shop.task(1))
    assert ran.counts["streams"] == {"orders": {"rejected": 1}, "tasks": {"waiting": 1}}
    exported = shop.shell("--dead-letters", "export", "--stream", "orders")
    messages = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [message["type"] for message in messages] == ["SCHEMA", "RECORD"]
    assert messages[1]["record"] == order
    shop.run(shop.box(1))
    assert shop.letters() == []


def test_letters_from_the_shell(shop: Any) -> None:
    refuse(shop, "/boxes$", times=3)
    shop.run(shop.box(1), shop.box(2), shop.box(3))
    listed = shop.shell("--dead-letters", "list")
    assert listed.returncode == 0
    assert listed.stdout.count("Streak says no") == 3
    first, second, third = (str(letter.id) for letter in shop.letters())
    shown = shop.shell("--dead-letters", "show", first).stdout
    assert '"Order ID": "10000' in shown
    assert shop.shell("--dead-letters", "discard", second).stdout == "1 discarded\n"
    retried = shop.shell("--dead-letters", "retry", first)
    assert retried.returncode == 0, retried.stderr
    assert [str(letter.id) for letter in shop.letters()] == [third]
    shop.shell("--dead-letters", "retry", third)
    shop.shell("--dead-letters", "retry", "--all")
    assert len(shop.stored("boxes")) == 2
    wrong = shop.shell("dead-letters", "show", "999")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)


def test_a_run_that_goes_wrong_wholesale_stops(shop: Any) -> None:
    refuse(shop, "/boxes$", times=1000)
    stdin = shop.lines(*(shop.box(number) for number in range(300)), {"type": "STATE", "value": {"at": 1}})
    ended = shop.shell(stdin=stdin)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "records were rejected, more than max_rejected (20%)" in ended.stderr.splitlines()[-1]
    assert shop.shell(stdin=shop.lines(shop.box(1), shop.box(2)), max_rejected="1").returncode == 1


def test_a_link_that_loops_is_parked_until_a_person_looks(shop: Any) -> None:
    totals = [shop.box(fields={"Total": number}, at=f"2026-03-02T12:00:{number:02}Z") for number in range(12)]
    ran = shop.run(*totals, max_rejected="90%")
    assert "ALERT boxes 100001 is parked" in ran.log
    assert len([call for call in ran.writes if call.startswith("POST /v1/boxes/")]) <= 6
    assert [letter.code for letter in shop.letters()] == ["parked"]
    assert shop.shell("--dead-letters", "retry", "--all").returncode == 0
    assert (shop.letters(), shop.fields()["Total"]) == ([], "11")


def test_no_log_line_holds_what_belongs_to_people(shop: Any) -> None:
    person = {"givenName": "Canaria", "familyName": "Secretton", "phoneNumbers": ["+49 30 123456"]}
    mail = "canary@private.example"
    wrong = shop.contact(f"guest:{mail}", emailAddresses="canary@private.example", **person)
    refuse(shop, "/(contacts|boxes)$", times=2)
    ran = shop.run(
        wrong,
        shop.contact("C2", emailAddresses=[mail], **person),
        shop.box(notes="Canaria Secretton rang", contactEmails=[mail]),
        shop.box(2, assigneeEmails=[mail]),
    )
    for canary in ("canary@", "Canaria", "Secretton", "123456", shop.sandbox.streak_key):
        assert canary not in ran.log, canary
    assert len(shop.letters()) >= 2
