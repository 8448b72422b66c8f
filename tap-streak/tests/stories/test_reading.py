"""Boxes: what changed is read, oldest change first; nothing is lost or doubled, whatever happens meanwhile."""

import threading
from typing import Any

import pytest

START = 1_777_680_000_000


def test_a_box_comes_with_names_for_its_keys(runs: Any, crm: Any) -> None:
    pipeline = crm.pipelines["Web Orders"]
    crm.load("organizations", {"key": "O1", "name": "Acme", "domains": ["acme.example", "acme.test"]})
    crm.load("organizations", {"key": "O2", "name": "No Domain Ltd"})
    crm.load("contacts", {"key": "C1", "emailAddresses": ["ada@acme.example", "ada@home.example"]})
    crm.load("contacts", {"key": "C2", "givenName": "No", "familyName": "Mail"})
    crm.boxes(1, stageKey="5004", contacts=[{"key": "C1"}, {"key": "C2"}], organizations=[{"key": "O1"}, {"key": "O2"}])
    crm.call("POST", "/v1/boxes/box-0001", json={"assignedToSharingEntries": [{"email": "maya@sandbox-sales.example"}]})
    (box,) = runs.sync("boxes").records["boxes"]
    assert box["pipelineName"] == "Web Orders"
    assert box["pipelineKey"] == pipeline
    assert (box["stageKey"], box["stageName"]) == ("5004", "Shipped")
    assert box["contactEmails"] == ["ada@acme.example"]
    assert [link["key"] for link in box["contacts"]] == ["C1", "C2"]
    assert box["organizationDomains"] == ["acme.example"]
    assert box["organizationNames"] == ["No Domain Ltd"]
    assert box["assigneeEmails"] == ["maya@sandbox-sales.example"]
    assert box["creationTimestamp"] == "2026-05-02T00:00:01.000Z"
    assert len(crm.asked("batch/get")) == 2


def test_custom_fields_come_by_name(runs: Any, crm: Any) -> None:
    kinds = ("TEXT_INPUT", "DATE", "CHECKBOX", "DROPDOWN", "TAG", "PERSON", "TEAM_CONTACT", "TEAM_ORGANIZATION")
    options = [{"key": "9001", "name": "Gold"}, {"key": "9002", "name": "Tin"}]
    fields: list[dict[str, Any]] = [
        {"key": str(1001 + number), "name": f"A {kind}", "type": kind} for number, kind in enumerate(kinds)
    ]
    fields[3]["dropdownSettings"] = {"items": options}
    fields[4]["tagSettings"] = {"tags": [{"key": "9001", "tag": "web"}, {"key": "9002", "tag": "vip"}]}
    fields.append({"key": "1020", "name": "A TEXT_INPUT", "type": "TEXT_INPUT"})
    crm.load("contacts", {"key": "C1", "emailAddresses": ["ada@acme.example"]})
    crm.load("organizations", {"key": "O1", "domains": ["acme.example"]})
    crm.load("pipelines", {"key": "P", "name": "Own", "fields": fields, "stages": {"5001": {"key": "5001"}}})
    values = {
        "1001": 42,
        "1002": START + 7,
        "1003": True,
        "1004": "9002",
        "1005": ["9002", "9001", "9009"],
        "1006": [{"email": "maya@sandbox-sales.example"}],
        "1007": ["C1"],
        "1008": [{"key": "O1"}],
        "1020": "second of this name",
        "1099": "of no field",
    }
    crm.load("boxes", {"key": "B", "name": "B", "pipelineKey": "P", "fields": values})
    output = runs.sync("boxes", "fields")
    (box,) = output.records["boxes"]
    assert box["fieldValues"] == {
        "A TEXT_INPUT": "42",
        "A DATE": "2026-05-02T00:00:00.007Z",
        "A CHECKBOX": True,
        "A DROPDOWN": "Tin",
        "A TAG": ["vip", "web"],
        "A PERSON": ["maya@sandbox-sales.example"],
        "A TEAM_CONTACT": ["ada@acme.example"],
        "A TEAM_ORGANIZATION": ["acme.example"],
        "A TEXT_INPUT (1020)": "second of this name",
    }
    assert box["fields"] == values
    by_name = {row["key"]: row for row in output.records["fields"]}
    assert (by_name["1004"]["options"], by_name["1004"]["pipelineName"]) == (["Gold", "Tin"], "Own")


@pytest.mark.parametrize("also", ["fieldValues", "notes"])
def test_a_companion_that_nobody_selects_costs_no_call(runs: Any, crm: Any, also: str) -> None:
    crm.load("organizations", {"key": "O", "name": "Acme", "domains": ["acme.example"]})
    crm.contacts(1, orgLinks=[{"key": "O"}])
    crm.boxes(3, contacts=[{"key": "contact-0001"}], organizations=[{"key": "O"}])
    catalog = runs.tap().catalog_dict
    unselected = {"contactEmails", "organizationDomains", "organizationNames", also}
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = not unselected & set(entry["breadcrumb"][-1:])
    records = runs.sync("boxes", "contacts", catalog=catalog).records
    assert records["boxes"][0]["contactExternalIds"] == ["contact-0001"]
    assert records["contacts"][0]["organizationExternalIds"] == ["O"]
    assert not unselected & (records["boxes"][0].keys() | records["contacts"][0].keys())
    assert crm.asked("batch/get") == []


def test_a_stage_that_is_made_while_boxes_are_read_has_its_name(runs: Any, crm: Any) -> None:
    crm.boxes(1)
    tap = runs.tap("boxes")
    assert tap.api.account.team
    assert tap.api.account.pipelines
    stage = crm.call("POST", f"/v2/pipelines/{crm.pipelines['Web Orders']}/stages", json={"name": "Negotiation"})
    crm.call("POST", "/v1/boxes/box-0001", json={"stageKey": stage["key"]})
    (box,) = list(tap.streams["boxes"].rows({"pipelineKey": crm.pipelines["Web Orders"]}))
    assert box["stageName"] == "Negotiation"


def test_a_pipeline_that_goes_before_its_turn_is_passed_over(runs: Any, crm: Any) -> None:
    crm.boxes(1)
    tap = runs.tap("boxes")
    assert tap.api.account.team
    assert tap.api.account.pipelines
    crm.call("DELETE", f"/v1/pipelines/{crm.pipelines['Web Orders']}")
    assert list(tap.streams["boxes"].rows({"pipelineKey": crm.pipelines["Web Orders"]})) == []


@pytest.mark.parametrize("envelope", ["array", "object"])
def test_every_box_comes_once_oldest_change_first(envelope: str, runs: Any, crm: Any) -> None:
    crm.switch(v1_paged_envelope=envelope)
    made = crm.boxes(45)
    assert runs.sync("boxes", page_size=10).keys() == [box["key"] for box in made]


def test_a_second_run_reads_back_to_the_look_back_and_no_further(runs: Any, crm: Any) -> None:
    made = crm.boxes(300)
    first = runs.sync("boxes", page_size=20)
    pages = len(crm.asked("/boxes"))
    second = runs.sync("boxes", page_size=20, state=first.state)
    assert second.keys() == [box["key"] for box in made[-61:]]
    assert second.state == first.state
    assert len(crm.asked("/boxes")) - pages < 12


def test_without_look_back_only_the_boundary_is_repeated(runs: Any, crm: Any) -> None:
    crm.boxes(30)
    first = runs.sync("boxes", lookback_seconds=0)
    assert runs.sync("boxes", lookback_seconds=0, state=first.state).keys() == ["box-0030"]


def test_each_pipeline_has_a_bookmark_of_its_own(runs: Any, crm: Any) -> None:
    crm.boxes(2)
    first = runs.sync("boxes", lookback_seconds=0)
    crm.load("boxes", crm.box(1, "Key Accounts", key="older"))
    second = runs.sync("boxes", lookback_seconds=0, state=first.state)
    assert second.keys().count("older") == 1
    crm.call("DELETE", f"/v1/pipelines/{crm.pipelines['Key Accounts']}")
    third = runs.sync("boxes", state=second.state).state
    assert len(third["bookmarks"]["boxes"]["partitions"]) == 1


def test_every_state_resumes_without_loss(runs: Any, crm: Any) -> None:
    made = crm.boxes(250) + [crm.box(number, "Key Accounts", key=f"other-{number}") for number in range(120)]
    crm.load("boxes", *made[250:])
    whole = runs.sync("boxes").messages
    stops = [place for place, message in enumerate(whole) if message["type"] == "STATE"]
    assert len(stops) >= 4
    for stop in stops:
        before = [message["record"]["key"] for message in whole[:stop] if message["type"] == "RECORD"]
        after = runs.sync("boxes", state=whole[stop]["value"]).keys()
        assert set(before) | set(after) == {box["key"] for box in made}


def test_start_date_leaves_out_what_is_older(runs: Any, crm: Any) -> None:
    crm.boxes(20)
    assert runs.sync("boxes", start_date="2026-05-02T00:00:16Z").keys() == [f"box-{n:04}" for n in range(16, 21)]


def test_a_full_table_catalog_reads_all_each_time(runs: Any, crm: Any) -> None:
    crm.boxes(80)
    catalog = runs.tap().catalog_dict
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
        stream["metadata"][-1]["metadata"] |= {"selected": True, "forced-replication-method": "FULL_TABLE"}
    first = runs.sync("boxes", catalog=catalog)
    assert len(runs.sync("boxes", catalog=catalog, state=first.state).keys()) == 80


def row(number: int) -> dict[str, Any]:
    when = START + number * 1000
    return {"key": f"B{number}", "stageKey": "5001", "lastUpdatedTimestamp": when, "lastSavedTimestamp": when}


ROWS = [row(number) for number in range(30, 0, -1)]
ALL = [f"B{number}" for number in range(1, 31)]


def paged(query: str, cap: int = 1000) -> list[dict[str, Any]]:
    asked = dict(part.split("=") for part in query.split("&") if "=" in part)
    limit = min(cap, int(asked.get("limit", cap)))
    first = int(asked.get("page", 0)) * limit
    return ROWS[first : first + limit]


def first_page_only(query: str) -> list[dict[str, Any]]:
    return ROWS[: int(query.partition("limit=")[2].partition("&")[0] or 1000)]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda _: ROWS, id="ignores page and limit"),
        pytest.param(first_page_only, id="ignores page"),
        pytest.param(lambda query: {"results": first_page_only(query), "hasNextPage": True}, id="always more"),
        pytest.param(lambda query: paged(query, 7), id="allows shorter pages"),
        pytest.param(lambda query: {"results": paged(query)}, id="forgets hasNextPage"),
        pytest.param(lambda query: sorted(paged(query), key=lambda row: str(row["key"])), id="in no order"),
    ],
)
def test_a_server_that_pages_in_its_own_way_is_read_whole(answer: Any, server: Any) -> None:
    server.always["/api/v1/pipelines/P/boxes"] = answer
    assert server.runs.sync("boxes", page_size=10).keys() == ALL
    state = server.runs.sync("boxes", page_size=10, start_date="2026-05-02T00:00:10Z").state
    (part,) = state["bookmarks"]["boxes"]["partitions"]
    assert part["replication_key_value"] == "2026-05-02T00:00:30.000Z"


def test_a_server_that_does_not_sort_is_read_to_the_end(server: Any) -> None:
    server.always["/api/v1/pipelines/P/boxes"] = lambda query: paged(query)[::-1]
    state = server.runs.sync("boxes", page_size=10).state
    assert len(server.runs.sync("boxes", page_size=10, state=state, lookback_seconds=5).keys()) == 6
    assert sum("page=2" in asked.path for asked in server.asked) >= 2


def test_a_box_that_leaves_between_two_pages_takes_no_other_with_it(server: Any) -> None:
    rows = list(ROWS)

    def answer(query: str) -> dict[str, Any]:
        asked = dict(part.split("=") for part in query.split("&"))
        first, limit = int(asked["page"]) * 10, int(asked["limit"])
        page = {"results": rows[first : first + limit], "hasNextPage": first + limit < len(rows)}
        if ROWS[3] in rows and first == 0:
            rows.remove(ROWS[3])  # now the first row of the second page is on the first one
        return page

    server.always["/api/v1/pipelines/P/boxes"] = answer
    assert server.runs.sync("boxes", page_size=10).keys() == ALL


@pytest.mark.parametrize("rule", ["duplicate_rows", "truncate", "reset", "html500", "429"])
def test_nothing_is_lost_or_doubled_when_answers_go_wrong(rule: str, runs: Any, crm: Any, sandbox: Any) -> None:
    made = crm.boxes(40)
    how = {"rate": 1} if rule == "duplicate_rows" else {"times": 2}
    sandbox.faults([{"match": {"system": "streak", "path": "/boxes"}, "do": rule, "retry_after": 0, **how}])
    assert runs.sync("boxes", page_size=15).keys() == [box["key"] for box in made]


def test_boxes_that_change_and_go_while_they_are_read_are_neither_lost_nor_doubled(runs: Any, crm: Any) -> None:
    made = crm.boxes(400)
    done = threading.Event()

    def work() -> None:
        for turn in range(120):
            number = 1 + turn * 37 % 400
            if turn % 3:
                crm.call("POST", f"/v1/boxes/box-{number:04}", json={"notes": f"note {turn}"})
            else:
                crm.call("DELETE", f"/v1/boxes/box-{number:04}")
        done.set()

    writer = threading.Thread(target=work)
    writer.start()
    outputs = [runs.sync("boxes", page_size=10)]
    while not done.is_set():
        outputs.append(runs.sync("boxes", page_size=10, lookback_seconds=0, state=outputs[-1].state))
    writer.join()
    outputs.append(runs.sync("boxes", page_size=10, lookback_seconds=0, state=outputs[-1].state))
    for output in outputs:
        assert len(output.keys()) == len(set(output.keys()))
    seen = {(record["key"], record["notes"]) for output in outputs for record in output.records["boxes"]}
    assert {(box["key"], box["notes"]) for box in crm.there("boxes")} <= seen
    assert len(made) == 400
