"""Tasks, comments, meetings, the timeline and the newsfeed."""

from __future__ import annotations

from typing import Any

MAYA = "maya@sandbox-sales.example"


def test_a_task_from_the_first_word_to_the_last(sandbox: Any, streak: Any) -> None:
    box = streak.box()["key"]
    body = {"key": box, "text": "Call", "dueDate": 1735689600000, "assignedToSharingEntries": [{"email": MAYA}]}
    task = streak.post(f"v2/boxes/{box}/tasks", body)
    assert [person["email"] for person in task["assignedTo"]] == [MAYA]
    assert task["assignedTo"][0]["userKey"] == task["assignedToSharingEntries"][0]["userKey"]
    assert (task["status"], task["reminderStatus"], len(task["sortOrder"])) == ("NOT_DONE", "SCHEDULED", 30)
    sandbox.clock(advance=10)
    done = streak.post(f"v2/tasks/{task['key']}", {"status": "DONE", "dueDate": -1})
    assert done["lastStatusChangeDate"] > task["lastStatusChangeDate"]
    assert "dueDate" not in done
    assert streak.get(f"v2/tasks/{task['key']}") == done
    assert streak.delete(f"v2/tasks/{task['key']}") == {"success": True}
    assert streak.get(f"v2/boxes/{box}/tasks") == {"results": [], "hasNextPage": False}


def test_a_task_without_assignee_is_its_creators(streak: Any) -> None:
    path = f"v2/boxes/{streak.box()['key']}/tasks"
    assert streak.post(path, {"text": "Call"})["assignedTo"][0]["email"] == "robot@sandbox-sales.example"
    assert streak.parsed(streak.send("POST", path, data={"text": "Form", "dueDate": "1735689600000"}))["text"] == "Form"
    assert streak.refused("POST", path, json={})[1]["error"] == "Insufficient params for Task"
    assert streak.refused("POST", path, json={"text": "x", "assignedTo": [{"email": "x@y.z"}]})[0] == 400
    assert streak.refused("POST", path, json={"text": "x", "dueDate": "tomorrow"})[0] == 400
    assert streak.refused("POST", path, json={"text": "x", "status": "OPEN"})[0] == 400


def test_the_agenda_holds_what_is_due(sandbox: Any, streak: Any) -> None:
    sandbox.clock(set="2026-03-10T12:00:00Z")
    path, day = f"v2/boxes/{streak.box()['key']}/tasks", 86_400_000
    for text, due in (("yesterday", 1773057600000), ("today", 1773144000000), ("later", 1773144000000 + 2 * day)):
        streak.post(path, {"text": text, "dueDate": due})
    streak.post(path, {"text": "maya's", "dueDate": 1773144000000, "assignedTo": [MAYA]})
    streak.post(path, {"text": "undated"})
    assert [task["text"] for task in streak.get("v2/tasks")["results"]] == ["today", "yesterday"]
    assert [task["text"] for task in streak.get("v2/tasks", direction="future")["results"]] == ["later"]
    maya = next(user for user in streak.get(f"v2/teams/{streak.team}/users")["results"] if user["email"] == MAYA)
    assert [task["text"] for task in streak.get("v2/tasks", userKeys=maya["key"])["results"]] == ["maya's"]
    assert streak.refused("GET", "v2/tasks?direction=sideways")[0] == 400


def test_a_box_counts_its_tasks(streak: Any) -> None:
    box = streak.box()["key"]
    late = streak.post(f"v2/boxes/{box}/tasks", {"text": "late", "dueDate": 1})
    streak.post(f"v2/boxes/{box}/tasks", {"text": "some day"})
    counted = streak.get(f"v1/boxes/{box}")
    assert [counted[f"task{name}"] for name in ("Total", "IncompleteCount", "OverdueCount")] == [2, 2, 1]
    assert counted["overdueTaskAssigneeKeySet"] == [late["creatorKey"]]
    streak.post(f"v2/tasks/{late['key']}", {"status": "DONE"})
    counted = streak.get(f"v1/boxes/{box}")
    assert (counted["taskCompleteCount"], counted["taskOverdueCount"], counted["taskPercentageComplete"]) == (1, 0, 50)


def test_comments_in_both_versions(streak: Any) -> None:
    box = streak.box()["key"]
    first = streak.post(f"v2/boxes/{box}/comments", {"message": "hi"})
    second = streak.parsed(streak.send("PUT", f"v1/boxes/{box}/comments", data={"message": "old style"}))
    answer = streak.post(f"v2/boxes/{box}/comments", {"message": "yes", "parent": first["key"]})
    listed = streak.get(f"v2/boxes/{box}/comments")
    assert (listed["hasNextPage"], len(listed["results"])) == (False, 3)
    assert [comment["key"] for comment in streak.get(f"v1/boxes/{box}/comments")][1] == second["key"]
    assert streak.get(f"v2/comments/{first['key']}")["children"] == [answer["key"]]
    assert streak.post(f"v2/comments/{first['key']}", {"message": "hello"})["message"] == "hello"
    liked = streak.post(f"v2/comments/{first['key']}/react", {"emoji": "+1"})
    assert liked["reactionSummary"][0]["count"] == 1
    assert streak.post(f"v2/comments/{first['key']}/unreact", {"emoji": "+1"})["reactionSummary"] == []
    assert streak.delete(f"v2/comments/{answer['key']}") == {"success": True}
    assert streak.get(f"v2/comments/{first['key']}")["children"] == []
    assert streak.get(f"v1/boxes/{box}")["commentCount"] == 2
    assert streak.refused("POST", f"v2/boxes/{box}/comments", json={"message": ""})[0] == 400


def test_meetings_and_calls_as_json_and_as_form(streak: Any) -> None:
    box = streak.box()["key"]
    path = f"v2/boxes/{box}/meetings"
    call = {"meetingType": "CALL_LOG", "startTimestamp": 1735689600000, "duration": 600000, "notes": "long"}
    made = streak.post(path, call)
    notes = streak.parsed(
        streak.send("POST", path, data={"meetingType": "MEETING_NOTES", "startTimestamp": "1735689700000"})
    )
    assert (made["duration"], notes["startTimestamp"], notes["isDraft"]) == (600000, 1735689700000, False)
    assert len(streak.get(path)["results"]) == 2
    counted = streak.get(f"v1/boxes/{box}")
    assert (counted["callLogCount"], counted["meetingNotesCount"], counted["totalCallLogDuration"]) == (1, 1, 600000)
    assert streak.post(f"v2/meetings/{made['key']}", {"notes": "short"})["notes"] == "short"
    assert streak.delete(f"v2/meetings/{made['key']}") == {"success": True}
    assert "firstCallLogTimestamp" not in streak.get(f"v1/boxes/{box}")
    assert streak.refused("POST", path, json={"meetingType": "CALL_LOG"})[0] == 400
    assert streak.refused("POST", path, json=call | {"meetingType": "LUNCH"})[0] == 400


def test_the_timeline_is_paged_by_a_token_alone(sandbox: Any, streak: Any) -> None:
    box = streak.box()["key"]
    path = f"v2/boxes/{box}/timeline"
    for text in ("one", "two", "three"):
        sandbox.clock(advance=1)
        streak.post(f"v2/boxes/{box}/comments", {"message": text})
    page = streak.get(path, direction="Ascending", limit=2, filters="[COMMENTS,CALL_LOGS]")
    rest = streak.get(path, nextPageToken=page["nextPage"])
    texts = [entry["entity"]["message"] for entry in page["entries"] + rest["entries"]]
    assert (texts, "nextPage" in rest) == (["one", "two", "three"], False)
    assert streak.get(path)["entries"][-1]["type"] == "NEWSFEED_BOX_CREATION_MOVE"
    assert streak.refused("GET", f"{path}?nextPageToken={page['nextPage']}&limit=2")[0] == 400
    assert streak.refused("GET", f"{path}?nextPageToken=nix")[0] == 400
    assert streak.refused("GET", f"{path}?filters=[LUNCH]")[0] == 400


def test_the_newsfeed_tells_what_happened(streak: Any) -> None:
    box = streak.box()["key"]
    streak.post(f"v1/boxes/{box}", {"stageKey": "5002"})
    streak.post(f"v1/boxes/{box}", {"name": "New"})
    feed = streak.get(f"v1/boxes/{box}/newsfeed")
    assert [entry["newsfeedType"] for entry in feed] == ["BOX_EDIT", "BOX_CHANGE_STAGE", "BOX_CREATE"]
    assert (
        streak.get("v1/newsfeed") == feed == streak.get(f"v1/pipelines/{streak.pipeline()}/newsfeed", detailLevel="ALL")
    )
    assert streak.refused("GET", "v1/newsfeed?detailLevel=SOME")[0] == 400
    assert streak.get(f"v1/boxes/{box}/threads") == streak.get(f"v1/boxes/{box}/files") == []
