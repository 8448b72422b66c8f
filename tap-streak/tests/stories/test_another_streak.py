"""The real Streak may differ: for each switch of the sandbox nothing is lost in silence, doubled, or read for ever."""

from __future__ import annotations

import time
from typing import Any

import pytest

START = 1_777_680_000_000
YEAR_9999 = 253_402_300_799_000
PAGING: list[dict[str, Any]] = [
    {"box_list_page": "ignored"},
    {"box_list_page": "ignored", "v1_paged_envelope": "object"},
    {"box_list_most": 50},
    {"box_list_most": 7},
    {"box_list_most": 1},
    {"box_list_most": 7, "v1_paged_envelope": "object"},
    {"box_list_order": "oldest"},
    {"box_list_order": "none"},
    {"box_list_order": "none", "box_list_most": 13},
    {"box_list_order": "oldest", "box_list_most": 13, "v1_paged_envelope": "object"},
    {"box_list_order": "none", "box_list_page": "ignored"},
]


def named(switches: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in switches.items())


@pytest.mark.parametrize("switches", PAGING, ids=named)
def test_boxes_are_read_whole_and_once_however_they_are_paged(switches: dict[str, Any], runs: Any, crm: Any) -> None:
    made = crm.boxes(60)
    crm.switch(**switches)
    first = runs.sync("boxes", page_size=20)
    assert first.keys() == [box["key"] for box in made]
    crm.call("POST", "/v1/boxes/box-0003", json={"notes": "changed"})
    second = runs.sync("boxes", page_size=20, state=first.state, lookback_seconds=0)
    keys = second.keys()
    assert "box-0003" in keys
    assert len(keys) == len(set(keys)) <= 3
    assert len(crm.asked("/boxes")) < 500


def test_a_list_that_can_not_be_had_whole_is_said_to_be_none(runs: Any, crm: Any, caplog: Any) -> None:
    """The first 20 of 60 boxes, whatever is asked for."""
    crm.boxes(60)
    crm.switch(box_list_page="ignored", box_list_most=20)
    assert len(runs.sync("boxes", page_size=20).keys()) == 20
    assert sum("has 60 boxes, of which Streak lists 20: others are left out" in line for line in caplog.messages) == 1
    crm.switch(v1_paged_envelope="object")
    again = runs.program(page_size=20)
    assert again.returncode == 1
    assert "does not go on" in again.stderr
    assert "Traceback" not in again.stderr


@pytest.mark.parametrize("moves", ["grows", "shrinks"])
@pytest.mark.parametrize("page_size", [1, 3, 20])
def test_a_list_that_changes_while_it_is_read_hides_none_that_stays(
    moves: str, page_size: int, runs: Any, crm: Any
) -> None:
    made = crm.boxes(40)
    crm.switch(box_list_moves=moves)
    output = runs.sync("boxes", page_size=page_size)
    assert len(output.keys()) == len(set(output.keys()))
    crm.switch(box_list_moves="still")
    stayed = {box["key"] for box in crm.there("boxes")} & {box["key"] for box in made}
    last = runs.sync("boxes", page_size=page_size, state=output.state)
    assert stayed <= set(output.keys()) | set(last.keys())
    assert {box["key"] for box in crm.there("boxes")} <= set(output.keys()) | set(last.keys())


def messages(output: Any, noun: str = "comments", name: str = "message") -> list[str]:
    return [row[name] for row in output.records[noun]]


def test_children_are_found_where_their_boxes_do_not_move(runs: Any, crm: Any, caplog: Any) -> None:
    crm.switch(child_instants="frozen")
    crm.boxes(30)
    crm.call("POST", "/v2/boxes/box-0004/comments", json={"message": "before"})
    task = crm.call("POST", "/v2/boxes/box-0005/tasks", json={"text": "Call"})
    streams = ("tasks", "comments", "meetings", "timeline")
    outputs = [runs.sync(*streams)]
    crm.call("POST", "/v2/boxes/box-0007/comments", json={"message": "after"})
    outputs.append(runs.sync(*streams, state=outputs[-1].state))
    assert "after" in messages(outputs[-1])
    crm.call("POST", f"/v2/tasks/{task['key']}", json={"status": "DONE"})
    crm.call(
        "POST",
        "/v2/boxes/box-0009/meetings",
        json={"meetingType": "CALL_LOG", "startTimestamp": START, "duration": 60_000},
    )
    outputs.append(runs.sync(*streams, state=outputs[-1].state))
    assert messages(outputs[-1], "tasks", "status") == ["DONE"]
    assert len(outputs[-1].records["meetings"]) == 1
    for stream in streams:
        said = [line for line in caplog.messages if line.startswith(f"{stream}: here a box does not move")]
        assert len(said) == 1, stream
        assert "--full-refresh" in said[0]


def test_a_shop_of_many_boxes_that_do_not_move_is_not_read_anew_for_one(runs: Any, crm: Any, sandbox: Any) -> None:
    crm.switch(child_instants="frozen")
    crm.boxes(200)
    for number in range(1, 201):
        crm.load(
            "comments",
            {
                "key": f"c-{number}",
                "boxKey": f"box-{number:04}",
                "message": f"{number}",
                "timestamp": START,
                "lastSavedTimestamp": START,
            },
        )
    outputs = [runs.sync("comments")]
    for turn in range(3):
        crm.call("POST", "/v2/boxes/box-0100/comments", json={"message": f"turn {turn}"})
        sandbox.clear_requests()
        outputs.append(runs.sync("comments", state=outputs[-1].state))
        assert f"turn {turn}" in messages(outputs[-1])
    assert len(list(crm.asked("/comments"))) < 20  # all of them once, when it came out, and then a few
    quiet = runs.sync("comments", state=outputs[-1].state)
    assert messages(quiet) == []
    assert quiet.state == outputs[-1].state


def test_an_edit_that_changes_no_counter_comes_with_a_full_refresh(runs: Any, crm: Any) -> None:
    crm.switch(child_instants="frozen")
    crm.boxes(3)
    comment = crm.call("POST", "/v2/boxes/box-0002/comments", json={"message": "first"})
    first = runs.sync("comments")
    crm.call("POST", f"/v2/comments/{comment['key']}", json={"message": "edited"})
    assert messages(runs.sync("comments", state=first.state)) == []
    assert messages(runs.sync("comments")) == ["edited"]


def test_a_run_that_breaks_off_takes_no_ordinary_change_for_a_sign(runs: Any, crm: Any, caplog: Any) -> None:
    """Its STATE has moved past boxes whose counters it has not remembered yet."""
    crm.boxes(150)
    for number in range(1, 151):
        crm.call("POST", f"/v2/boxes/box-{number:04}/comments", json={"message": f"{number}"})
    whole = runs.sync("comments")
    for number in range(1, 151):
        crm.call("POST", f"/v2/boxes/box-{number:04}/comments", json={"message": f"again {number}"})
    later = runs.sync("comments", state=whole.state).messages
    stops = [place for place, message in enumerate(later) if message["type"] == "STATE"]
    for stop in stops[:-1]:
        before = {m["record"]["key"] for m in later[:stop] if m["type"] == "RECORD"}
        after = runs.sync("comments", state=later[stop]["value"])
        assert before | set(after.keys("comments")) == {row["key"] for row in crm.there("comments")}
    assert "does not move" not in caplog.text


def test_what_is_archived_and_shown_is_read(runs: Any, crm: Any) -> None:
    crm.boxes(3)
    crm.load("boxes", crm.box(2, isArchived=True))
    crm.contacts(2, isArchived=True)
    records = runs.sync("boxes", "contacts").records
    assert [row.get("_extra", {}).get("isArchived") for row in records["boxes"]] == [None, True, None]
    assert len(records["contacts"]) == 2


def test_what_is_archived_and_hidden_is_not_taken_for_deleted(runs: Any, crm: Any, tmp_path: Any, caplog: Any) -> None:
    crm.boxes(3)
    crm.contacts(2)
    settings: dict[str, Any] = {"detect_deletes": True, "known_keys_file": str(tmp_path / "keys.db")}
    first = runs.sync("boxes", "contacts", **settings)
    crm.switch(archived="hidden")
    crm.load("boxes", crm.box(2, isArchived=True))
    crm.load("contacts", {"key": "contact-0001", "givenName": "Ada", "isArchived": True})
    second = runs.sync("boxes", "contacts", state=first.state, **settings)
    assert second.deleted("boxes") == second.deleted("contacts") == []
    for stream in ("boxes", "contacts"):
        assert sum(f"{stream}: 1 are not listed any more, but still there" in line for line in caplog.messages) == 1
    crm.load("boxes", crm.box(2, name="Back", lastUpdatedTimestamp=START + 500_000))
    third = runs.sync("boxes", "contacts", state=second.state, **settings)
    assert "Back" in [row["name"] for row in third.records["boxes"]]


def test_a_pipeline_that_is_archived_and_hidden_takes_nothing_with_it(runs: Any, crm: Any, tmp_path: Any) -> None:
    crm.boxes(2)
    crm.load("boxes", crm.box(1, "Key Accounts", key="other"))
    settings: dict[str, Any] = {"detect_deletes": True, "known_keys_file": str(tmp_path / "keys.db")}
    first = runs.sync("boxes", **settings)
    (pipeline,) = [row for row in crm.there("pipelines") if row["name"] == "Key Accounts"]
    crm.load("pipelines", pipeline | {"isArchived": True})
    crm.switch(archived="hidden")
    second = runs.sync("boxes", state=first.state, **settings)
    assert second.deleted("boxes") == []
    crm.switch(archived="shown")
    keys = runs.sync("boxes", state=second.state, **settings).keys()
    assert "other" in keys


@pytest.mark.parametrize("form", ["number", "prefix"])
def test_keys_of_another_form_are_keys(form: str, runs: Any, crm: Any, tmp_path: Any) -> None:
    crm.load("organizations", {"key": "O1", "name": "Acme", "domains": ["acme.example"]})
    crm.load("contacts", {"key": "C1", "emailAddresses": ["ada@acme.example"], "orgLinks": [{"key": "O1"}]})
    crm.boxes(3, contacts=[{"key": "C1"}], organizations=[{"key": "O1"}])
    crm.call("POST", "/v2/boxes/box-0002/tasks", json={"text": "Call"})
    settings: dict[str, Any] = {"detect_deletes": True, "known_keys_file": str(tmp_path / "keys.db")}
    known = runs.sync(**settings)
    crm.switch(key_form=form)
    output = runs.sync(state=None, detect_deletes=False)
    for stream, rows in output.records.items():
        for row in rows:
            assert all(isinstance(row[name], str) for name in ("key", "boxKey", "pipelineKey") if row.get(name)), stream
    assert [row["name"] for row in output.records["boxes"]] == ["Box 1", "Box 2", "Box 3"]
    assert {tuple(row["contactEmails"]) for row in output.records["boxes"]} == {("ada@acme.example",)}
    assert {tuple(row["organizationDomains"]) for row in output.records["boxes"]} == {("acme.example",)}
    assert [row["stageName"] for row in output.records["boxes"]] == ["New Order"] * 3
    assert [row["assigneeEmails"] for row in output.records["tasks"]] == [["robot@sandbox-sales.example"]]
    again = runs.sync(state=output.state)
    assert len(again.records["comments"]) == 0
    assert known.deleted("boxes") == []


def test_properties_that_nobody_has_heard_of_are_kept_aside(runs: Any, crm: Any) -> None:
    crm.boxes(2)
    crm.contacts(2)
    crm.load("organizations", {"key": "O1", "name": "Acme"})
    crm.call("POST", "/v2/boxes/box-0002/tasks", json={"text": "Call"})
    crm.call("POST", "/v2/boxes/box-0002/comments", json={"message": "hello"})
    plain = runs.sync()
    crm.switch(extra_property=True)
    output = runs.sync()
    for stream in ("boxes", "contacts", "organizations", "tasks", "comments", "pipelines", "users", "teams"):
        assert len(output.records[stream]) == len(plain.records[stream])
        for row in output.records[stream]:
            assert row["_extra"]["newThing"] == {
                "of": ["odd", None, row["_extra"]["newThing"]["of"][2], {"type": True}]
            }
            assert row["_extra"]["x-flag"] == [[]]


@pytest.mark.parametrize("status", [400, 404])
def test_without_lists_of_people_those_are_read_that_boxes_link_to(
    status: int, runs: Any, crm: Any, caplog: Any
) -> None:
    crm.load("organizations", {"key": "O1", "name": "Acme", "domains": ["acme.example"]})
    crm.contacts(3)
    crm.boxes(2, contacts=[{"key": "contact-0001"}, {"key": "contact-0002"}], organizations=[{"key": "O1"}])
    crm.switch(party_lists=status)
    first = runs.sync("contacts", "organizations")
    assert sorted(first.keys("contacts")) == ["contact-0001", "contact-0002"]
    assert first.keys("organizations") == ["O1"]
    for noun in ("contacts", "organizations"):
        assert sum(f"reading the {noun} that boxes link to instead" in line for line in caplog.messages) == 1
    crm.call("POST", "/v2/contacts/contact-0002", json={"givenName": "Changed"})
    second = runs.sync("contacts", "organizations", state=first.state)
    assert "Changed" in [row["givenName"] for row in second.records["contacts"]]


# time


@pytest.mark.parametrize("ahead", ["two days", "year 9999", "no year"])
@pytest.mark.parametrize("stream", ["boxes", "contacts", "organizations", "tasks", "comments"])
def test_a_record_of_the_future_hides_nothing(stream: str, ahead: str, runs: Any, crm: Any, caplog: Any) -> None:
    in_two_days = int(time.time() + 2 * 24 * 3600) * 1000
    future = {"two days": in_two_days, "year 9999": YEAR_9999, "no year": 10**18}[ahead]
    crm.boxes(4)
    crm.contacts(3)
    crm.load("organizations", {"key": "O1", "name": "Acme", "lastSavedTimestamp": START})
    crm.load("organizations", {"key": "O2", "name": "Future", "lastSavedTimestamp": future})
    crm.load("contacts", {"key": "future", "givenName": "F", "lastSavedTimestamp": future})
    crm.load("boxes", crm.box(9, lastUpdatedTimestamp=future, lastSavedTimestamp=future))
    crm.call("POST", "/v2/boxes/box-0002/tasks", json={"text": "Call"})
    crm.call("POST", "/v2/boxes/box-0002/comments", json={"message": "hello"})
    crm.load("boxes", crm.box(9, lastUpdatedTimestamp=future, lastSavedTimestamp=future, taskTotal=1, commentCount=1))
    first = runs.sync(stream, page_size=2)
    ahead_of_all = ahead == "no year" and stream not in {"tasks", "comments"}
    what = "missing or no instant" if ahead_of_all else "ahead of the server's clock"
    assert sum(what in line for line in caplog.messages) == 1
    crm.call("POST", "/v1/boxes/box-0001", json={"notes": "later"})
    crm.call("POST", "/v2/contacts/contact-0001", json={"givenName": "Later"})
    crm.call("POST", "/v2/organizations/O1", json={"name": "Later"})
    crm.call("POST", "/v2/boxes/box-0003/tasks", json={"text": "Later"})
    crm.call("POST", "/v2/boxes/box-0003/comments", json={"message": "Later"})
    second = runs.sync(stream, page_size=2, state=first.state)
    assert "ater" in str(second.records[stream])
    names = [record["key"] for record in second.records[stream]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("stream", ["boxes", "contacts", "organizations", "tasks"])
def test_a_bookmark_of_the_future_is_put_back_to_streaks_clock(stream: str, runs: Any, crm: Any, caplog: Any) -> None:
    crm.boxes(4)
    crm.contacts(3)
    future = {"replication_key_value": "2099-05-02T00:00:00.000Z"}
    parts = [{"context": {"pipelineKey": key}, **future} for key in crm.pipelines.values()]
    state = {"bookmarks": {stream: {"partitions": parts} if stream in {"boxes", "tasks"} else future}}
    output = runs.sync(stream, state=state)
    crm.call("POST", "/v1/boxes/box-0001", json={"notes": "later"})
    crm.call("POST", "/v2/contacts/contact-0001", json={"givenName": "Later"})
    crm.load("organizations", {"key": "O1", "name": "Later"})
    crm.call("POST", "/v2/boxes/box-0001/tasks", json={"text": "Later"})
    second = runs.sync(stream, state=output.state)
    assert "ater" in str(second.records[stream])
    assert "2099" not in str(output.state)
    assert "ahead of Streak's clock" in caplog.text
