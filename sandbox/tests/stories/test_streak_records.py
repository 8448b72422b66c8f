"""Loading, showing and keeping the state of the Streak side, and how its reading scales."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

DAY = 86_400_000


def row(kind: str, **record: Any) -> dict[str, Any]:
    return {"system": "streak", "type": kind, "record": record}


def test_loaded_records_keep_keys_and_timestamps(sandbox: Sandbox, streak: Any) -> None:
    pipeline = streak.pipeline("Key Accounts")
    sandbox.load(
        [
            row("contacts", key="c1", emailAddresses=["ada@acme.com"], creationDate=DAY, lastSavedTimestamp=2 * DAY),
            row("organizations", key="o1", name="Acme", domains=["www.acme.com"]),
            row(
                "boxes",
                key="b1",
                name="Old deal",
                pipelineKey=pipeline,
                creationTimestamp=DAY,
                contacts=[{"key": "c1"}],
            ),
            row("tasks", key="t1", boxKey="b1", text="call", creationDate=DAY),
            row("comments", key="m1", boxKey="b1", message="hi", timestamp=DAY),
            row("meetings", key="g1", boxKey="b1", meetingType="CALL_LOG", startTimestamp=DAY),
        ]
    )
    box = streak.get("v1/boxes/b1")
    assert (box["boxKey"], box["stageKey"], box["lastUpdatedTimestamp"], box["lastSavedTimestamp"]) == (
        "b1",
        "5001",
        DAY,
        DAY,
    )
    assert (box["taskTotal"], box["commentCount"], box["callLogCount"]) == (1, 1, 1)
    assert streak.get("v2/contacts/c1")["lastSavedTimestamp"] == 2 * DAY
    found = streak.post(f"v2/teams/{streak.team}/contacts", {"emailAddresses": ["ada@acme.com"]}, getIfExisting="true")
    assert found["key"] == "c1"
    found = streak.post(f"v2/teams/{streak.team}/organizations", {"domains": ["acme.com"]}, getIfExisting="true")
    assert found["key"] == "o1"
    assert sandbox.snapshot()["streak"]["boxes"] == [box]


def test_a_loaded_record_replaces_the_one_with_its_key(sandbox: Sandbox, streak: Any) -> None:
    sandbox.load([row("contacts", key="c1", emailAddresses=["a@b.c"]), row("contacts", key="c1", givenName="Ada")])
    assert streak.get("v2/contacts/c1")["emailAddresses"] == []
    assert len(sandbox.snapshot()["streak"]["contacts"]) == 1


def test_loaded_teams_and_pipelines_count_on(sandbox: Sandbox, streak: Any) -> None:
    field = {
        "key": "1007",
        "name": "Tier",
        "type": "DROPDOWN",
        "dropdownSettings": {"items": [{"key": "9004", "name": "A"}]},
    }
    sandbox.load(
        [
            row("teams", key="t2", name="Second", members=[{"email": "new@second.example", "userKey": "u9"}]),
            row(
                "pipelines",
                key="p2",
                teamKey="t2",
                name="P",
                stages={"5003": {"key": "5003", "name": "S"}},
                fields=[field],
            ),
            row("boxes", key="b2", pipelineKey="p2", name="x"),
        ]
    )
    assert streak.post("v2/pipelines/p2/stages", {"name": "Next"})["key"] == "5004"
    assert streak.post("v2/pipelines/p2/fields", {"name": "F", "type": "TAG"})["key"] == "1008"
    path = "v1/pipelines/p2/fields/1007"
    items = streak.post(path, {"dropdownSettings": {"items": [{"name": "B"}]}}, addOnly="true")["dropdownSettings"][
        "items"
    ]
    assert [item["key"] for item in items] == ["9004", "9005"]
    box = streak.post("v1/boxes/b2", {"assignedToSharingEntries": ["new@second.example"]})
    assert (box["stageKey"], box["assignedToSharingEntries"][0]["userKey"]) == ("5003", "u9")


def test_a_box_among_thousands_is_read_as_fast_as_one_among_ten(sandbox: Sandbox, streak: Any) -> None:
    took = []
    for count in (10, 3000):
        sandbox.load(row("boxes", key=f"b{number}", name=f"deal {number}") for number in range(count))
        assert len(streak.get(f"v1/pipelines/{streak.pipeline()}/boxes")) == count
        for number in range(300):
            streak.send("GET", f"v1/boxes/b{number % count}")
        took.append(median(entry["ms"] for entry in sandbox.requests("streak")[-300:]))
    assert took[1] < 5 * took[0]
