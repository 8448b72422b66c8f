"""Tasks, comments, meetings and the timeline: fetched for the boxes that moved, and for no others."""

import threading
from typing import Any

CHILDREN = ("tasks", "comments", "meetings", "timeline")


def fetched(crm: Any, noun: str) -> list[str]:
    """The boxes whose children of one kind were asked for."""
    return [entry["path"].split("/")[-2] for entry in crm.asked(f"/{noun}") if "/v2/boxes/" in entry["path"]]


def test_children_come_with_what_they_hang_on(runs: Any, crm: Any) -> None:
    crm.boxes(2)
    task = {
        "text": "Call",
        "dueDate": 1_777_680_000_000,
        "assignedToSharingEntries": [{"email": "robot@sandbox-sales.example"}],
    }
    crm.call("POST", "/v2/boxes/box-0001/tasks", json=task)
    crm.call("POST", "/v2/boxes/box-0001/comments", json={"message": "hello"})
    crm.call(
        "POST",
        "/v2/boxes/box-0002/meetings",
        json={"meetingType": "CALL_LOG", "startTimestamp": 1_777_680_000_000, "duration": 60_000},
    )
    records = runs.sync().records
    (task,), (comment,), (meeting,) = records["tasks"], records["comments"], records["meetings"]
    assert (task["text"], task["dueDate"]) == ("Call", "2026-05-02T00:00:00.000Z")
    assert task["assigneeEmails"] == ["robot@sandbox-sales.example"]
    assert (task["boxName"], task["pipelineName"], task["boxStageName"]) == ("Box 1", "Web Orders", "New Order")
    assert comment["message"] == "hello"
    assert (meeting["startTimestamp"], meeting["duration"]) == ("2026-05-02T00:00:00.000Z", 60_000)
    assert {(row["boxKey"], row["type"]) for row in records["timeline"]} == {
        ("box-0001", "COMMENTS"),
        ("box-0002", "CALL_LOGS"),
    }


def test_a_task_without_a_date_has_none(server: Any) -> None:
    server.always["/api/v1/pipelines/P/boxes"] = {
        "results": [{"key": "B", "lastSavedTimestamp": 5}],
        "hasNextPage": False,
    }
    server.always["/api/v2/boxes/B/tasks"] = {"results": [{"key": "K", "boxKey": "B", "dueDate": -1}]}
    (task,) = server.runs.sync("tasks").records["tasks"]
    assert task["dueDate"] is None


def test_a_box_without_children_is_not_asked_for_them(runs: Any, crm: Any) -> None:
    crm.boxes(5)
    crm.load("tasks", {"key": "K", "boxKey": "box-0003", "text": "Call"})
    runs.sync(*CHILDREN)
    assert (fetched(crm, "tasks"), fetched(crm, "comments"), fetched(crm, "meetings")) == (["box-0003"], [], [])
    assert len(fetched(crm, "timeline")) == 5


def test_only_boxes_that_moved_are_asked_again(runs: Any, crm: Any, sandbox: Any) -> None:
    crm.boxes(20)
    for number in range(1, 21):
        crm.call("POST", f"/v2/boxes/box-{number:04}/comments", json={"message": f"first {number}"})
    first = runs.sync("comments")
    assert len(first.records["comments"]) == 20
    sandbox.clear_requests()
    quiet = runs.sync("comments", state=first.state)
    assert (quiet.records["comments"], fetched(crm, "comments")) == ([], [])
    assert quiet.state == first.state
    crm.call("POST", "/v2/boxes/box-0007/comments", json={"message": "second"})
    third = runs.sync(*CHILDREN, "boxes", state=quiet.state)
    assert [row["message"] for row in third.records["comments"]] == ["first 7", "second"]
    assert fetched(crm, "comments") == ["box-0007", "box-0007"]  # the writer and the tap
    assert crm.there("boxes")[6]["lastUpdatedTimestamp"] < crm.there("boxes")[6]["lastSavedTimestamp"]


def test_a_state_is_as_small_as_the_number_of_pipelines(runs: Any, crm: Any) -> None:
    crm.boxes(50)
    for number in range(1, 51):
        crm.call("POST", f"/v2/boxes/box-{number:04}/tasks", json={"text": "Call"})
    for bookmark in runs.sync(*CHILDREN).state["bookmarks"].values():
        assert len(bookmark.get("partitions", [])) <= 2


def test_every_state_resumes_without_loss(runs: Any, crm: Any) -> None:
    # three boxes at a time moved in the same instant
    for number in range(1, 71):
        when = 1_777_680_000_000 + number // 3 * 1000
        crm.load("boxes", crm.box(number, lastUpdatedTimestamp=when, lastSavedTimestamp=when))
    crm.load("tasks", *({"key": f"K{n}", "boxKey": f"box-{1 + n // 7:04}", "text": f"{n}"} for n in range(490)))
    whole = runs.sync("tasks").messages
    stops = [place for place, message in enumerate(whole) if message["type"] == "STATE"]
    assert len(stops) >= 4
    for stop in stops:
        before = {message["record"]["key"] for message in whole[:stop] if message["type"] == "RECORD"}
        assert before | set(runs.sync("tasks", state=whole[stop]["value"]).keys("tasks")) == {
            f"K{n}" for n in range(490)
        }


def test_a_box_that_is_deleted_before_its_turn_is_passed_over(runs: Any, crm: Any) -> None:
    for status in (404, 400):
        crm.switch(unknown_key_status=status)
        crm.boxes(3)
        tap = runs.tap("timeline")
        for box in tap.api.boxes.all(crm.pipelines["Web Orders"]).glances:
            if box == "box-0002":
                crm.call("DELETE", f"/v1/boxes/{box}")
        rows = tap.streams["timeline"].rows({"pipelineKey": crm.pipelines["Web Orders"]})
        assert "box-0002" not in {row["boxKey"] for row in rows}


def test_a_long_timeline_is_read_by_its_token(runs: Any, crm: Any) -> None:
    crm.boxes(1)
    for number in range(25):
        crm.call("POST", "/v2/boxes/box-0001/comments", json={"message": f"{number}"})
    rows = runs.sync("timeline", page_size=10).records["timeline"]
    assert [row["entity"]["message"] for row in rows] == [str(number) for number in range(25)]


def test_a_timeline_token_of_the_other_name(server: Any, canned: Any) -> None:
    server.always["/api/v1/pipelines/P/boxes"] = {
        "results": [{"key": "B", "lastSavedTimestamp": 5}],
        "hasNextPage": False,
    }
    path, first, second = (
        "/api/v2/boxes/B/timeline",
        {"type": "FILES", "timestamp": 1},
        {"type": "FILES", "timestamp": 2},
    )
    server.says(path, canned({"entries": [first], "nextPage": "abc"}), canned({"success": False}, status=400))
    server.says(path, canned({"entries": [second]}))
    rows = server.runs.sync("timeline").records["timeline"]
    assert len({row["key"] for row in rows}) == 2
    assert [asked.path.partition("?")[2] for asked in server.asked[-2:]] == ["nextPageToken=abc", "nextPage=abc"]


def test_a_box_that_the_key_may_not_see_is_said_and_passed_over(runs: Any, crm: Any, caplog: Any) -> None:
    crm.boxes(3)
    crm.switch(no_access=["box-0002"])
    assert {row["boxKey"] for row in runs.sync("boxes", "timeline").records["timeline"]} <= {"box-0001", "box-0003"}
    assert any("/boxes/box-0002/timeline" in message and "no access" in message for message in caplog.messages)


def test_a_pipeline_that_the_key_may_not_see_is_said_and_left_out(runs: Any, crm: Any, caplog: Any) -> None:
    crm.boxes(2)
    crm.load("boxes", crm.box(9, "Key Accounts"))
    crm.switch(no_access=[crm.pipelines["Key Accounts"]])
    assert runs.sync("boxes", "tasks").keys() == ["box-0001", "box-0002"]
    assert sum("the boxes of this pipeline are left out" in message for message in caplog.messages) == 1


def test_comments_that_are_written_while_boxes_are_listed_all_come(runs: Any, crm: Any) -> None:
    crm.boxes(150)
    done = threading.Event()

    def work() -> None:
        for turn in range(120):
            crm.call("POST", f"/v2/boxes/box-{1 + turn * 37 % 150:04}/comments", json={"message": f"{turn}"})
        done.set()

    writer = threading.Thread(target=work)
    writer.start()
    outputs = [runs.sync("comments", page_size=10)]
    while not done.is_set():
        outputs.append(runs.sync("comments", page_size=10, state=outputs[-1].state))
    writer.join()
    outputs.append(runs.sync("comments", page_size=10, state=outputs[-1].state))
    seen = {record["message"] for output in outputs for record in output.records["comments"]}
    assert seen == {str(turn) for turn in range(120)}
    assert len(outputs) > 2
