"""What webhooks told of is read at once, as any run would read it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sandbox.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.feed import Feed
    from sandbox.testing import Sandbox

EVENTS = {
    "boxes": "BOX_CHANGE_STAGE",
    "contacts": "CONTACT_UPDATE",
    "organizations": "ORG_CREATE",
    "tasks": "TASK_COMPLETE",
    "comments": "COMMENT_CREATE",
    "meetings": "MEETING_UPDATE",
}


@pytest.fixture
def follow(sandbox: Sandbox, feed: Feed, tmp_path: Any) -> Iterator[Callable[[], Lines]]:
    """Starts the tap with `follow`, and waits until it reads the feed."""
    started: list[Lines] = []

    def start() -> Lines:
        config = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "follow": True, **feed.settings}
        (tmp_path / "config.json").write_text(json.dumps(config | {"requests_per_second": 100}))
        lines = Lines([sys.executable, "-m", "tap_streak", "--config", str(tmp_path / "config.json")], tmp_path / "log")
        started.append(lines)
        lines.until(lambda lines: lines.states(), "STATE of the start")
        return lines

    yield start
    for lines in started:
        lines.close()


@pytest.fixture
def busy(crm: Any) -> Any:
    """An account with a few of everything."""
    crm.contacts(3)
    crm.load("organizations", {"key": "O", "name": "Acme", "domains": ["acme.example"]})
    crm.boxes(3, contacts=[{"key": "contact-0002"}], organizations=[{"key": "O"}])
    for number in (1, 2):
        crm.load("tasks", {"key": f"T{number}", "boxKey": "box-0002", "text": "Call", "dueDate": -1})
        crm.load("comments", {"key": f"M{number}", "boxKey": "box-0002", "message": "hello"})
        crm.load("meetings", {"key": f"N{number}", "boxKey": "box-0002", "notes": "n", "meetingType": "CALL_LOG"})
    return crm


def keys_of(stream: str) -> list[str]:
    names = {"boxes": "box-000%d", "contacts": "contact-000%d", "tasks": "T%d", "comments": "M%d", "meetings": "N%d"}
    return ["O"] if stream == "organizations" else [names[stream] % number for number in (2, 1)]


def test_what_events_name_comes_as_any_run_gives_it(runs: Any, busy: Any, feed: Feed) -> None:
    for stream, event in EVENTS.items():
        feed.tell("streak", event, *keys_of(stream), keys_of(stream)[0])
    whole, told = runs.sync(), runs.sync(**feed.settings)
    for stream in EVENTS:
        same = {row["key"]: row for row in whole.records[stream]}
        assert told.records[stream] == [same[key] for key in keys_of(stream)], stream
    assert told.records.keys() == EVENTS.keys()
    assert [m for m in told.messages if m["type"] == "SCHEMA"] == [m for m in whole.messages if m["type"] == "SCHEMA"]
    bookmark = {"replication_key": "seq", "replication_key_value": len(feed.events)}
    assert told.state == {"bookmarks": {"events": bookmark}}
    assert runs.sync(**feed.settings, state=told.state).records == {}


def test_an_event_costs_few_calls(runs: Any, busy: Any, feed: Feed) -> None:
    feed.tell("streak", "BOX_EDIT", "box-0001", "box-0002", "box-0001")
    before = len(busy.asked(""))
    runs.sync(**feed.settings)
    boxes = [entry["path"].split("/")[-1] for entry in busy.asked("")[before:]]
    assert boxes == ["teams", "pipelines", "box-0001", "box-0002", "get", "get"]


def came(tasks: int) -> Callable[[Lines], bool]:
    return lambda lines: len(lines.records("tasks")) == tasks


def test_a_box_is_read_once_for_what_is_told_together(follow: Callable[[], Lines], busy: Any, feed: Feed) -> None:
    tap = follow()
    for tasks in (2, 4):
        before = len(busy.asked(""))
        with feed.away():
            feed.tell("streak", "BOX_EDIT", "box-0002")
            feed.tell("streak", "TASK_COMPLETE", "T1", "T2")
        tap.until(came(tasks), "the tasks")
    asked = [entry["path"].split("/")[-1] for entry in busy.asked("")[before:]]
    assert asked == ["box-0002", "T1", "T2"]  # whom it links to is known since the first time


@pytest.mark.parametrize("status", [404, 400])
def test_what_is_gone_is_a_tombstone(runs: Any, busy: Any, feed: Feed, status: int) -> None:
    busy.switch(unknown_key_status=status)
    for event in EVENTS.values():
        feed.tell("streak", event, "nobody-knows")
    told = runs.sync(**feed.settings)
    assert told.records.keys() == EVENTS.keys()
    for stream in EVENTS:
        assert told.deleted(stream) == ["nobody-knows"]
        assert told.records[stream][0].keys() == {"key", "_sdc_deleted_at"}


def test_what_the_key_may_not_see_is_not_gone(runs: Any, busy: Any, feed: Feed) -> None:
    busy.switch(no_access=["box-0001", "contact-0001"])
    feed.tell("streak", "BOX_EDIT", "box-0001", "box-0002")
    feed.tell("streak", "CONTACT_UPDATE", "contact-0001")
    done = runs.program(**feed.settings)
    assert done.returncode == 0
    assert "_sdc_deleted_at" not in "".join(line for line in done.stdout.splitlines() if '"RECORD"' in line)
    assert '"box-0002"' in done.stdout
    assert "left out" in done.stderr


def test_boxes_of_pipelines_that_are_not_read_do_not_come(runs: Any, busy: Any, feed: Feed) -> None:
    busy.load("boxes", busy.box(9, "Key Accounts"))
    busy.load("tasks", {"key": "T9", "boxKey": "box-0009", "text": "Call"})
    feed.tell("streak", "BOX_EDIT", "box-0009", "box-0001")
    feed.tell("streak", "TASK_CREATE", "T9")
    told = runs.sync(**feed.settings, pipelines=["Web Orders"])
    assert (told.keys(), told.keys("tasks")) == (["box-0001"], [])


def test_what_no_stream_holds_is_said_once_and_keys_are_keys(runs: Any, busy: Any, feed: Feed) -> None:
    feed.tell("streak", "THREAD_ADDED_TO_BOX", "x", "y")
    feed.tell("streak", "BOX_EDIT", "../users/me", "", "a" * 201, "box-0001")
    done = runs.program(**feed.settings)
    assert done.stderr.count("'THREAD_ADDED_TO_BOX' are skipped") == 1
    assert done.stderr.count("'BOX_EDIT' are skipped where they name no key") == 1
    assert [json.loads(line)["record"]["key"] for line in done.stdout.splitlines() if '"RECORD"' in line] == [
        "box-0001"
    ]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"events_token": "wrong"}, "does not accept events_token"),
        ({"events_token": None}, "events_token is missing"),
        ({"events_url": None, "follow": True}, "follow needs a feed of events"),
        ({"events_url": "http://feed.example.com"}, "events_url must begin with https://"),
    ],
)
def test_mistakes_are_one_line(runs: Any, feed: Feed, settings: dict[str, Any], says: str) -> None:
    done = runs.program(**{**feed.settings, **settings})
    assert done.returncode == 1
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_names_that_are_made_while_it_follows_are_known(follow: Callable[[], Lines], busy: Any, feed: Feed) -> None:
    web = busy.pipelines["Web Orders"]
    field = busy.call("POST", f"/v2/pipelines/{web}/fields", json={"name": "Region", "type": "DROPDOWN"})
    lines = follow()
    feed.tell("streak", "BOX_EDIT", "box-0001")
    lines.until_record("boxes", key="box-0001", stageName="New Order")
    stage = busy.call("POST", f"/v2/pipelines/{web}/stages", json={"name": "Lost and found"})
    busy.call("POST", "/v1/boxes/box-0001", json={"stageKey": stage["key"]})
    feed.tell("streak", "BOX_CHANGE_STAGE", "box-0001")
    lines.until_record("boxes", stageName="Lost and found")
    option = {"dropdownSettings": {"items": [{"name": "EU"}]}}
    (item,) = busy.call("POST", f"/v1/pipelines/{web}/fields/{field['key']}", json=option)["dropdownSettings"]["items"]
    busy.call("POST", "/v1/boxes/box-0001", json={"fields": {field["key"]: item["key"]}})
    feed.tell("streak", "BOX_EDIT", "box-0001")
    lines.until_record("boxes", fieldValues={"Region": "EU"})
    feed.tell("streak", "STAGE_CREATE", stage["key"])
    lines.until_record("stages", name="Lost and found", pipelineName="Web Orders")
    busy.call("POST", "/v2/contacts/contact-0002", json={"emailAddresses": ["new@acme.example"]})
    feed.tell("streak", "CONTACT_UPDATE", "contact-0002")
    feed.tell("streak", "BOX_EDIT", "box-0002")
    lines.until_record("boxes", key="box-0002", contactEmails=["new@acme.example"])
    assert lines.end() == 0


def test_told_to_end_it_ends_whatever_it_waits_for(
    follow: Callable[[], Lines], sandbox: Sandbox, busy: Any, feed: Feed
) -> None:
    lines = follow()
    feed.tell("streak", "BOX_EDIT", "box-0001")
    lines.until_record("boxes", key="box-0001")
    lines.until(lambda lines: json.dumps(lines.states()[-1].message).count('"replication_key_value": 1'), "STATE")
    sandbox.faults([{"match": {"system": "streak"}, "rate": 1, "do": "429", "retry_after": 100}])
    feed.tell("streak", "BOX_EDIT", "box-0002")
    lines.until(lambda lines: "trying again in 100" in lines.log, "word of Streak's wish")
    assert lines.end() == 0
    assert lines.log.count("read up to 1\n") == 1


def test_without_a_reader_it_ends(follow: Callable[[], Lines]) -> None:
    lines = follow()
    lines.hang_up()
    assert lines.ended() == 1
    assert "Nobody reads what tap-streak writes" in lines.log
