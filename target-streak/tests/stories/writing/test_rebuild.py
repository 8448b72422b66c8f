"""The ledger is gone: what Streak has is made known to a new one, then a full run finds nothing to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
REBUILD = "--rebuild-links"


def everything(shop: Any, count: int = 4) -> list[Any]:
    messages = [
        shop.organization(),
        shop.organization("K2", name="Bakery Nord", domains=[]),
        shop.contact(organizationExternalIds=["K1"]),
        shop.contact("C2", emailAddresses=["bob@nord.example", "bob@private.example"], organizationExternalIds=["K2"]),
    ]
    for number in range(count):
        links = {"contactExternalIds": ["C1", "C2"], "organizationExternalIds": ["K1", "K2"]}
        messages += [shop.box(number, **links), shop.task(number), shop.status("pending", number, first=True)]
        messages += [shop.comment(number, f"payment:{one}:{number}") for one in "ab"]
    return messages


def schemas(shop: Any) -> str:
    return str(json.dumps(shop.schema("boxes")) + "\n")


def copy_by_hand(shop: Any, box: Any) -> Any:
    copy = {"name": "Copied by hand", "fields": box["fields"]}
    return shop.person("POST", f"/v2/pipelines/{box['pipelineKey']}/boxes", copy)


@on_both
def test_after_the_scan_a_full_run_writes_nothing(shop: Any) -> None:
    shop.run(*everything(shop))
    moved = shop.stored("boxes")[2]
    other = next(one for one in shop.stored("pipelines") if one["name"] == "Key Accounts")
    shop.person("POST", f"/v1/boxes/{moved['key']}", {"pipelineKey": other["key"]})
    before = shop.sandbox.snapshot()
    shop.lose_ledger()
    scan = shop.shell(REBUILD, stdin=schemas(shop))
    assert scan.returncode == 0, scan.stderr
    assert "Boxes:         4 order ids in the field 'Order ID': 4 linked now" in scan.stdout
    assert "Contacts:      2, known by 3 e-mail addresses: 3 linked now" in scan.stdout
    assert "Comments:      12 on 4 boxes remembered" in scan.stdout
    assert "ambiguous: 4 boxes have equal texts" in scan.stdout
    assert "reading the boxes of 2 pipelines" in scan.stderr
    assert "@" not in scan.stdout + scan.stderr
    first = shop.run(*everything(shop))
    assert (first.writes, shop.sandbox.snapshot()) == ([], before)
    assert all(counts.keys() == {"unchanged"} for counts in first.counts["streams"].values()), first.counts
    assert not [call for call in first.calls if call.endswith(("/tasks", "/comments"))]
    assert shop.letters() == []
    assert shop.run(*everything(shop)).calls == []
    again = shop.shell(REBUILD, stdin=schemas(shop))
    assert "4 order ids in the field 'Order ID': 0 linked now, 4 were known" in again.stdout
    assert "no box that was linked" in again.stdout


def test_without_the_mapping_the_field_is_named(shop: Any) -> None:
    shop.run(*everything(shop, 1))
    before = shop.sandbox.snapshot()
    shop.lose_ledger()
    wrong = shop.shell(REBUILD, "--id-field", "Order Id")
    assert wrong.returncode == 1
    assert "no pipeline has a field 'Order Id', did you mean 'Order ID'?" in wrong.stderr.splitlines()[-1]
    assert shop.shell(REBUILD).returncode == 0
    assert shop.run(*everything(shop, 1)).writes == []
    assert shop.sandbox.snapshot() == before


def test_a_dry_run_tells_the_same_and_remembers_nothing(shop: Any) -> None:
    shop.run(*everything(shop, 2))
    shop.lose_ledger()
    planned = shop.shell(REBUILD, "--dry-run", stdin=schemas(shop))
    assert planned.stdout.endswith("A dry run: the ledger is as it was.\n"), planned.stderr
    done = shop.shell(REBUILD, stdin=schemas(shop))
    assert planned.stdout.startswith(done.stdout)


def test_what_is_ambiguous_is_told_by_keys(shop: Any) -> None:
    shop.run(*everything(shop, 2))
    first = shop.stored("boxes")[0]
    copy = copy_by_hand(shop, first)
    team = shop.stored("teams")[0]["key"]
    typed = {"givenName": "Twin", "emailAddresses": ["ada@acme.example"]}
    twin = shop.person("POST", f"/v2/teams/{team}/contacts", typed)
    shop.lose_ledger()
    scan = shop.shell(REBUILD, stdin=schemas(shop))
    assert f"ambiguous: 1 order ids stand in several boxes; the oldest is kept in step: {first['key']}" in scan.stdout
    assert copy["key"] in scan.stdout
    assert twin["key"] in scan.stdout
    assert "ada@" not in scan.stdout + scan.stderr
    assert [(letter.kind, letter.code) for letter in shop.letters()] == [("conflict", "twice")]
    assert shop.run(*everything(shop, 2)).writes == []


def test_boxes_of_other_pipelines_count_only_where_we_made_them(shop: Any) -> None:
    shop.run(shop.box(1))
    box = shop.only("boxes")
    team = shop.stored("teams")[0]["key"]
    support = shop.person("POST", "/v2/pipelines", {"name": "Support", "teamKey": team, "stages": ["Open"]})
    field = shop.person("POST", f"/v2/pipelines/{support['key']}/fields", {"name": "Order ID", "type": "TEXT_INPUT"})
    somebody = next(one["userKey"] for one in shop.stored("teams")[0]["members"] if one["userKey"] != box["creatorKey"])
    ticket = {
        "pipelineKey": support["key"],
        "name": "Broken",
        "creatorKey": somebody,
        "fields": {field["key"]: "100002"},
    }
    stage = next(iter(support["stages"]))
    shop.sandbox.load([{"system": "streak", "type": "boxes", "record": ticket | {"stageKey": stage}}])
    shop.lose_ledger()
    assert "1 order ids" in shop.shell(REBUILD, stdin=schemas(shop)).stdout
    shop.run(shop.box(1), shop.box(2))
    assert sorted(one["name"] for one in shop.stored("boxes")) == ["Broken", "Order 100001", "Order 100002"]


def test_news_of_old_words_is_told_again(shop: Any) -> None:
    """What happened after the old comment was made can't be what that comment tells."""
    shop.sandbox.clock(set="2026-03-05T00:00:00Z")
    shop.run(shop.box(), shop.status("on_hold", first=True))
    shop.lose_ledger()
    shop.sandbox.clock(set="2026-03-09T00:00:00Z")
    shop.shell(REBUILD, stdin=schemas(shop))
    shop.run(shop.status("shipped"))
    shop.run(shop.status("on_hold", at="2026-03-08T12:00:00Z"))
    assert [one["message"] for one in shop.stored("comments")] == ["Order status changed to on_hold"] * 2


def test_a_scan_that_failed_goes_on(shop: Any) -> None:
    shop.run(*everything(shop, 4))
    before = shop.sandbox.snapshot()
    shop.lose_ledger()
    rule = {"match": {"method": "GET", "path": f"{before['streak']['boxes'][1]['key']}/comments"}, "times": 99}
    shop.sandbox.faults([rule | {"do": "status", "status": 503}])
    failed = shop.shell(REBUILD, stdin=schemas(shop), retry_seconds=0.3)
    assert failed.returncode == 1
    assert "Streak does not answer the comments of box" in failed.stderr.splitlines()[-1]
    assert shop.run(*everything(shop, 1)).writes == []
    shop.sandbox.faults([])
    shop.sandbox.clear_requests()
    assert shop.shell(REBUILD, stdin=schemas(shop)).returncode == 0
    read = [one["path"] for one in shop.sandbox.requests("streak") if one["path"].endswith(("/tasks", "/comments"))]
    assert 0 < len(read) < 8
    assert shop.run(*everything(shop)).writes == []
    assert shop.sandbox.snapshot() == before


def test_people_without_an_address_are_taken_over_by_name(shop: Any) -> None:
    shop.settings["contact_without_email"] = "create"
    people = [shop.contact(f"C{number}", emailAddresses=[], phoneNumbers=["+1 555 0100"]) for number in range(2)]
    people += [shop.contact("C9", givenName="Grace", emailAddresses=[])]
    shop.run(*people, shop.box(contactExternalIds=["C0", "C1", "C9"]))
    before = shop.sandbox.snapshot()
    assert len(before["streak"]["contacts"]) == 3
    shop.lose_ledger()
    scan = shop.shell(REBUILD, stdin=schemas(shop))
    assert "3 contacts of ours without an e-mail address" in scan.stdout
    assert "ambiguous: 1 names stand for several of them" in scan.stdout
    assert "Lovelace" not in scan.stdout + scan.stderr
    assert shop.run(*people, shop.box(contactExternalIds=["C0", "C1", "C9"])).writes == []
    assert shop.sandbox.snapshot() == before
