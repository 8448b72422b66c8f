"""Comments and tasks: once, once per change, never for old times, waiting for their box."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)

NEXT = "2026-03-03T12:00:00Z"
THIRD = "2026-03-04T12:00:00Z"


def messages(shop: Any) -> list[str]:
    return [comment["message"] for comment in shop.stored("comments")]


def test_an_effect_happens_once(shop: Any) -> None:
    first = shop.run(shop.box(), shop.task(assigneeEmails=["tom@sandbox-sales.example"]), shop.comment())
    task = shop.only("tasks")
    assert (task["text"], task["dueDate"]) == ("Follow up on 100001", 1772550000000)
    assert [one["email"] for one in task["assignedToSharingEntries"]] == ["tom@sandbox-sales.example"]
    assert messages(shop) == ["Payment captured: 208.35 USD"]
    again = shop.run(shop.box(), shop.task(text="Another text"), shop.comment(message="Another"))
    assert again.calls == []
    assert first.counts["streams"]["tasks"] == {"created": 1}


def test_each_effect_is_one_call(shop: Any) -> None:
    shop.run(shop.box(1))
    ran = shop.run(shop.box(1), shop.task(1), shop.comment(1))
    assert len(ran.calls) == 2


def test_a_task_that_is_done_is_ticked_off_even_by_the_next_run(shop: Any) -> None:
    tick = {"match": {"method": "POST", "path": "/tasks/[^/]+$"}, "do": "status", "status": 503}
    shop.sandbox.faults([tick])
    shop.run(shop.box(), shop.task(status="DONE"), retry_seconds=0.2)
    assert [one["status"] for one in shop.stored("tasks")] == ["NOT_DONE"]
    shop.sandbox.faults([])
    ran = shop.run(shop.task(status="DONE"), search_lag_seconds=0.1)
    assert [one["status"] for one in shop.stored("tasks")] == ["DONE"]
    assert len(ran.writes) == 1
    assert shop.run(shop.task(status="DONE")).calls == []


def test_keys_of_another_streak_lead_nowhere(shop: Any) -> None:
    foreign = {"boxExternalId": None, "boxKey": "there", "pipelineKey": "elsewhere"}
    shop.run(shop.task(**foreign))
    assert [(one.kind, one.waits_for) for one in shop.letters()] == [("waiting", ("boxes", "there"))]
    box = shop.box(stageKey="5002", pipelineKey="elsewhere")
    box["record"]["externalId"] = "there"
    del box["record"]["stageName"]
    shop.run(box)
    assert (shop.stage(), shop.only("tasks")["boxKey"]) == ("New Order", shop.only("boxes")["key"])
    mine = {"boxKey": shop.only("boxes")["key"], "pipelineKey": shop.only("boxes")["pipelineKey"]}
    shop.run(shop.comment(boxExternalId=None, **mine))
    assert messages(shop) == ["Payment captured: 208.35 USD"]


def test_a_change_of_status_makes_one_comment_the_first_sight_none(shop: Any) -> None:
    shop.run(shop.box(), shop.status("pending"))
    assert messages(shop) == []
    shop.run(shop.status("shipped", at=NEXT))
    shop.run(shop.status("shipped", at=NEXT))
    shop.run(shop.status("pending", at=THIRD))
    assert messages(shop) == ["Order status changed to shipped", "Order status changed to pending"]


def test_the_flow_may_ask_for_the_first_sight_too(shop: Any) -> None:
    shop.run(shop.box(), shop.status("pending", first=True))
    shop.run(shop.status("pending", first=True, at=NEXT))
    assert messages(shop) == ["Order status changed to pending"]


def test_an_older_status_is_no_change(shop: Any) -> None:
    shop.run(shop.box(), shop.status("shipped", at=NEXT))
    assert shop.run(shop.status("pending")).calls == []


def test_old_times_make_no_effects(shop: Any) -> None:
    shop.settings["effects_since"] = NEXT
    shop.run(shop.box(), shop.task(), shop.comment(), shop.status("pending"), shop.status("confirmed"))
    assert (shop.stored("tasks"), shop.stored("comments")) == ([], [])
    shop.run(shop.task(2, at=NEXT), shop.box(2), shop.status("shipped", at=NEXT))
    assert len(shop.stored("tasks")) == 1
    assert messages(shop) == ["Order status changed to shipped"]


def test_without_a_setting_effects_begin_with_the_ledger(shop: Any) -> None:
    shop.settings["effects_since"] = None
    shop.run(shop.box(), shop.task(), shop.task(2, at="2099-01-01T00:00:00Z"), shop.box(2))
    assert [task["text"] for task in shop.stored("tasks")] == ["Follow up on 100002"]


def test_effects_wait_for_their_box_and_are_released_in_the_same_run(shop: Any) -> None:
    ran = shop.run(shop.comment(), shop.task(), shop.box(2), shop.box())
    assert (len(shop.stored("comments")), len(shop.stored("tasks"))) == (1, 1)
    assert shop.letters() == []
    assert ran.states == [{"at": 4}]


def test_effects_wait_for_a_box_of_a_later_run(shop: Any) -> None:
    waiting = shop.run(shop.comment(), shop.task())
    assert waiting.counts["streams"] == {"comments": {"waiting": 1}, "tasks": {"waiting": 1}}
    assert waiting.states == [{"at": 2}]
    assert {letter.waits_for for letter in shop.letters()} == {("boxes", "100001")}
    shop.run(shop.box())
    assert (len(shop.stored("comments")), len(shop.stored("tasks")), shop.letters()) == (1, 1, [])


def test_meetings_are_made_with_their_length(shop: Any) -> None:
    call = {"meetingType": "CALL_LOG", "startTimestamp": NEXT, "duration": 600000, "notes": "Called back"}
    shop.run(shop.box(), shop.record("meetings", "call:1", "calls", {"date": NEXT}, boxExternalId="100001", **call))
    meeting = shop.only("meetings")
    assert (meeting["startTimestamp"], meeting["duration"], meeting["notes"]) == (1772539200000, 600000, "Called back")


def test_an_effect_whose_answer_got_lost_is_made_once(shop: Any) -> None:
    shop.run(shop.box())
    shop.sandbox.faults([{"match": {"method": "POST", "path": ".*/comments"}, "times": 1, "do": "lost_answer"}])
    shop.run(shop.comment())
    assert messages(shop) == ["Payment captured: 208.35 USD"]


def test_two_equal_comments_of_two_payments_are_two(shop: Any) -> None:
    shop.run(shop.box(), shop.comment(name="payment:P1:captured"), shop.comment(name="payment:P2:captured"))
    assert len(shop.stored("comments")) == 2


def test_equal_comments_whose_answers_got_lost_do_not_take_each_other_for_themselves(shop: Any) -> None:
    shop.run(shop.box())
    shop.sandbox.limits(latency_ms=50)
    shop.sandbox.faults([{"match": {"method": "POST", "path": ".*/comments"}, "times": 8, "do": "lost_answer"}])
    names = [f"payment:P{number}:captured" for number in range(8)]
    shop.run(*(shop.comment(name=name) for name in names), retry_seconds=20)
    assert len(shop.stored("comments")) == 8
    with shop.ledger() as ledger:
        assert len({ledger.links.get("comments", name).vendor_key for name in names}) == 8
        assert ledger.dead_letters.all() == []


def test_two_meetings_without_notes_are_told_apart_by_their_time(shop: Any) -> None:
    shop.run(shop.box())
    call = {"meetingType": "CALL_LOG", "boxExternalId": "100001"}
    calls = [
        shop.record("meetings", f"call:{day}", "calls", {"date": NEXT}, startTimestamp=day, **call)
        for day in (NEXT, THIRD)
    ]
    shop.run(*calls)
    shop.lose_ledger()
    shop.run(shop.box(), *calls)
    assert len(shop.stored("meetings")) == 2
    with shop.ledger() as ledger:
        assert len({ledger.links.get("meetings", one["record"]["externalId"]).vendor_key for one in calls}) == 2
