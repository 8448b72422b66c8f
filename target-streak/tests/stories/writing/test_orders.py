"""Orders become boxes: what arrives, with how few calls, and that a second run has nothing to do."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def test_an_order_with_everything_arrives(shop: Any) -> None:
    ran = shop.run(
        shop.organization(),
        shop.contact(organizationExternalIds=["K1"]),
        shop.box(
            contactExternalIds=["C1"],
            organizationExternalIds=["K1"],
            assigneeEmails=["maya@sandbox-sales.example"],
            notes="Leave at the door",
            fields={"Order Date": NOON, "Currency": "USD", "Tags": ["new", "web"], "Gift": True},
        ),
    )
    box, contact, organization = shop.only("boxes"), shop.only("contacts"), shop.only("organizations")
    assert (box["name"], box["notes"], shop.stage()) == ("Order 100001", "Leave at the door", "New Order")
    assert shop.fields()["Order ID"] == "100001"
    assert shop.fields()["Total"] == "208.35"
    assert shop.fields()["Gift"] is True
    assert [one["key"] for one in box["contacts"]] == [contact["key"]]
    assert [one["key"] for one in box["organizations"]] == [organization["key"]]
    assert [one["email"] for one in box["assignedToSharingEntries"]] == ["maya@sandbox-sales.example"]
    assert [one["key"] for one in contact["orgLinks"]] == [organization["key"]]
    assert ran.states == [{"at": 3}]
    assert ran.counts["streams"] == {one: {"created": 1} for one in ("boxes", "contacts", "organizations")}


NOON = "2026-03-02T12:00:00Z"


def test_calls_per_order(shop: Any) -> None:
    shop.run(shop.box(9))  # the first run of all also makes the fields and looks for boxes that are there
    customer = (shop.organization(), shop.contact(organizationExternalIds=["K1"]))
    links = {"contactExternalIds": ["C1"], "organizationExternalIds": ["K1"]}
    assert len(shop.run(*customer, shop.box(1, **links)).calls) <= 6
    assert len(shop.run(*customer, shop.box(1, **links), shop.box(2, **links)).calls) <= 3
    moved = shop.box(1, stageName="Shipped", at="2026-03-03T12:00:00Z", **links)
    assert sorted(call.split(" ")[0] for call in shop.run(*customer, moved).calls) == ["GET", "POST"]
    assert len(shop.run(*customer, moved, shop.box(2, **links), shop.comment(1)).calls) == 1
    shop.sync["boxes"] = {}
    again = shop.box(2, stageName="Shipped", at="2026-03-03T12:00:00Z", **links)
    assert len(shop.run(*customer, moved, again).calls) == 1


def test_a_second_run_is_silent_and_says_why(shop: Any) -> None:
    everything = [
        shop.organization(),
        shop.contact(organizationExternalIds=["K1"]),
        *(shop.box(number, contactExternalIds=["C1"], contactEmails=["new@other.example"]) for number in range(20)),
        *(shop.task(number) for number in range(20)),
        *(shop.status("pending", number) for number in range(20)),
    ]
    shop.run(*everything)
    before = shop.sandbox.snapshot()
    again = shop.run(*everything)
    assert again.calls == []
    assert shop.sandbox.snapshot() == before
    assert "nothing to write: 62 records read, all unchanged since the last run (20" in again.log
    assert again.states == [{"at": 62}]


def test_only_what_changed_is_sent_and_changing_back_is_written(shop: Any) -> None:
    shop.sync["boxes"] = {}
    shop.run(shop.box())
    shop.person("POST", f"/v1/boxes/{shop.only('boxes')['key']}", {"name": "Renamed by a person"})
    shop.run(shop.box(fields={"Total": 1}, at="2026-03-03T12:00:00Z"))
    assert shop.only("boxes")["name"] == "Renamed by a person"
    back = shop.run(shop.box(at="2026-03-04T12:00:00Z"))
    assert (shop.fields()["Total"], len(back.writes)) == ("208.35", 1)


def test_an_older_state_of_the_order_is_not_written(shop: Any) -> None:
    shop.run(shop.box(stageName="Shipped", at="2026-03-03T12:00:00Z"))
    ran = shop.run(shop.box(stageName="In Fulfillment"))
    assert (shop.stage(), ran.calls) == ("Shipped", [])
    assert ran.counts["streams"] == {"boxes": {"stale": 1}}


def test_versions_of_one_run_are_written_in_their_order(shop: Any) -> None:
    stages = ["New Order", "In Fulfillment", "On Hold", "Shipped"]
    shop.run(*(shop.box(stageName=stage, at=f"2026-03-0{day}T12:00:00Z") for day, stage in enumerate(stages, 1)))
    assert shop.stage() == "Shipped"


def test_links_add_to_what_people_linked(shop: Any) -> None:
    shop.run(shop.contact(), shop.contact("C2", emailAddresses=["bob@acme.example"]))
    shop.run(shop.box(contactExternalIds=["C1"]))
    team = shop.stored("teams")[0]["key"]
    typed = shop.person("POST", f"/v2/teams/{team}/contacts", {"givenName": "Typed", "emailAddresses": ["t@p.example"]})
    box = shop.only("boxes")
    shop.person("POST", f"/v1/boxes/{box['key']}", {"contacts": [*box["contacts"], {"key": typed["key"]}]})
    shop.run(shop.box(contactExternalIds=["C1", "C2"], at="2026-03-03T12:00:00Z"))
    assert len(shop.only("boxes")["contacts"]) == 3


def test_a_person_moved_the_stage_and_the_shop_did_not(shop: Any) -> None:
    shop.run(shop.box())
    shop.move("On Hold")
    shop.run(shop.box(fields={"Total": 5}, at="2026-03-03T12:00:00Z"))
    assert shop.stage() == "On Hold"
    both = shop.run(shop.box(stageName="Shipped", at="2026-03-04T12:00:00Z", fields={"Total": 5}))
    assert shop.stage() == "Shipped"
    assert both.counts["streams"] == {"boxes": {"updated": 1}}


def test_a_box_that_was_moved_to_another_pipeline_keeps_its_link(shop: Any) -> None:
    shop.sync["boxes"] = {}
    shop.run(shop.box(), shop.box(2, pipelineName="Key Accounts"))
    box = next(one for one in shop.stored("boxes") if one["name"] == "Order 100001")
    other = next(one for one in shop.stored("pipelines") if one["name"] == "Key Accounts")
    shop.person("POST", f"/v1/boxes/{box['key']}", {"pipelineKey": other["key"]})
    shop.run(shop.box(stageName="Shipped", at="2026-03-03T12:00:00Z"))
    moved = next(one for one in shop.stored("boxes") if one["key"] == box["key"])
    assert (moved["pipelineKey"], shop.stage(moved)) == (other["key"], "Shipped")
    assert len(shop.stored("boxes")) == 2


def test_a_box_that_a_person_deleted_is_not_made_again(shop: Any) -> None:
    shop.run(shop.box(), shop.task())
    shop.person("DELETE", f"/v1/boxes/{shop.only('boxes')['key']}")
    changed = shop.run(shop.box(stageName="Shipped", at="2026-03-03T12:00:00Z"))
    assert "100001 was deleted at the destination by a person" in changed.log
    again = shop.run(shop.box(stageName="Won", at="2026-03-04T12:00:00Z"))
    assert (shop.stored("boxes"), again.calls) == ([], [])
    assert "was deleted" not in again.log


def test_what_is_there_already_is_adopted_by_a_new_ledger(shop: Any) -> None:
    everything = [shop.organization(), shop.contact(organizationExternalIds=["K1"])]
    for number in range(5):
        everything += [
            shop.box(number, contactExternalIds=["C1"]),
            shop.task(number),
            shop.comment(number, f"p{number}"),
        ]
    shop.run(*everything)
    before = shop.sandbox.snapshot()
    shop.lose_ledger()
    shop.run(*everything)
    assert shop.sandbox.snapshot() == before
    assert shop.run(*everything).calls == []


def test_two_boxes_of_one_order_are_for_a_person_to_look_at(shop: Any) -> None:
    shop.run(shop.box())
    box = shop.only("boxes")
    copy = {"name": "Copied by hand", "fields": box["fields"]}
    shop.person("POST", f"/v2/pipelines/{box['pipelineKey']}/boxes", copy)
    shop.lose_ledger()
    shop.run(shop.box(stageName="Shipped"))
    assert len(shop.stored("boxes")) == 2
    assert [letter.kind for letter in shop.letters()] == ["conflict"]
    with shop.ledger() as ledger:
        assert ledger.links.get("boxes", "100001").vendor_key == box["key"]
