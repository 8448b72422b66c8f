"""What the shipped mapping promises for the way back, row by row: a person works in Streak, the shop is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests
from crm import Crm
from shop import customer, guest, order, payment

if TYPE_CHECKING:
    from running import Pipe

SINCE = {"effects_since": "2026-01-01T00:00:00Z"}
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Both:
    """A shop and a CRM with both pipes between them."""

    there: Pipe
    back: Pipe

    def arrive(self, *rows: dict[str, Any]) -> None:
        """Let the shop have these, and carry them over."""
        self.there.sandbox.load(rows)
        self.there.run()

    def rep(self, path: str, **body: Any) -> dict[str, Any]:
        """Do what a rep does in Streak."""
        url, key = f"{self.there.sandbox.streak_url}{path}", (self.there.sandbox.streak_key, "")
        answer = requests.post(url, json=body, auth=key, timeout=10)
        answer.raise_for_status()
        done: dict[str, Any] = answer.json()
        return done

    def move(self, stage: str, order_id: str = "100234") -> None:
        """Drag a deal to another stage."""
        box = self.box(order_id)
        (pipeline,) = [one for one in self.crm().streak["pipelines"] if one["name"] == box["pipeline"]]
        (key,) = [key for key, one in pipeline["stages"].items() if one["name"] == stage]
        self.rep(f"/v1/boxes/{box['key']}", stageKey=key)

    def edit_shop(self, path: str, **body: Any) -> None:
        """Do what a person does in the shop's office."""
        url, key = f"{self.there.sandbox.clarity_url}{path}", {"X-API-Key": self.there.sandbox.clarity_key}
        requests.patch(url, json=body, headers=key, timeout=10).raise_for_status()

    def box(self, order_id: str = "100234") -> dict[str, Any]:
        """The deal of an order."""
        return self.crm().box(order_id)

    def crm(self) -> Crm:
        """What Streak has."""
        return Crm(self.there.sandbox.snapshot())

    def shop(self, kind: str = "orders") -> list[dict[str, Any]]:
        """What the shop has."""
        rows: list[dict[str, Any]] = self.there.sandbox.snapshot()["clarity"][kind]
        return rows

    def quiet(self) -> None:
        """Another round in both directions writes nothing."""
        for pipe in (self.back, self.there, self.back):
            assert self.writes(pipe) == [], pipe.target

    def writes(self, pipe: Pipe) -> list[str]:
        """What a run writes."""
        pipe.sandbox.clear_requests()
        pipe.run()
        return [f"{one['method']} {one['path']}" for one in pipe.sandbox.requests() if _writes(one)]


def _writes(call: dict[str, Any]) -> bool:
    return call["method"] in WRITES and not call["path"].endswith("/batch/get")


@pytest.fixture
def both(pipe: Pipe) -> Both:
    """Both directions on one ledger."""
    pipe.target_config |= SINCE
    back = pipe.back()
    back.target_config |= SINCE
    return Both(pipe, back)


def test_a_first_run_back_writes_nothing(both: Both) -> None:
    both.arrive(customer(), order(), guest(2, status="processing"), order(3, status="completed"), payment())
    both.quiet()
    assert (both.shop("invoices"), both.shop("notes")) == ([], [])


def test_the_stage_that_a_rep_chose_is_the_status(both: Both) -> None:
    stages = {"Shipped": "shipped", "On Hold": "on_hold", "In Fulfillment": "confirmed", "Lost": "cancelled"}
    both.arrive(customer(), *(order(number) for number in range(1, 5)))
    for number, stage in enumerate(stages, 1):
        both.move(stage, str(number))
    both.back.run()
    assert [one["status"] for one in both.shop()] == list(stages.values())
    both.quiet()


def test_there_and_back_again_is_written_each_time(both: Both) -> None:
    both.arrive(order(status="confirmed"))
    for stage, status in (("On Hold", "on_hold"), ("In Fulfillment", "confirmed"), ("On Hold", "on_hold")):
        both.move(stage)
        both.back.run()
        assert both.shop()[0]["status"] == status
    both.quiet()


def test_many_statuses_of_one_stage_are_not_flattened(both: Both) -> None:
    both.arrive(order(1, status="processing"), order(2, status="pending"))
    both.back.run()
    both.edit_shop("/orders/2", status="processing")
    both.there.run()
    for number in ("1", "2"):
        both.rep(f"/v1/boxes/{both.box(number)['key']}", notes="called")
    both.quiet()
    assert {one["status"] for one in both.shop()} == {"processing"}


def test_a_refund_and_the_crm_s_own_stages_stay_in_the_crm(both: Both) -> None:
    both.arrive(order(status="shipped"))
    both.move("Refunded")
    both.quiet()
    assert both.shop()[0]["status"] == "shipped"


def test_a_status_that_the_shop_forbids_is_a_letter_in_its_words(both: Both) -> None:
    both.arrive(order(status="shipped"))
    both.move("New Order")
    run = both.back.run()
    assert (both.shop()[0]["status"], run.summary["streams"]["orders"]["rejected"]) == ("shipped", 1)
    assert "status can't go from shipped to pending" in both.back.letters()


def test_where_both_sides_moved_an_order_the_shop_s_word_stays(both: Both) -> None:
    both.arrive(order(status="confirmed"))
    both.back.run()
    both.move("Shipped")
    both.edit_shop("/orders/100234", status="on_hold")
    for pipe in (both.back, both.there):
        pipe.run()
    assert (both.shop()[0]["status"], both.box()["stage"]) == ("on_hold", "On Hold")
    both.quiet()


def test_a_tracking_number_that_a_rep_typed_reaches_the_order_and_a_cleared_one_stays_cleared(both: Both) -> None:
    both.arrive(order(1, trackingNumber="1Z1"), order(2))
    box = both.box("2")
    (pipeline,) = [one for one in both.crm().streak["pipelines"] if one["name"] == "Web Orders"]
    (field,) = [one["key"] for one in pipeline["fields"] if one["name"] == "Tracking Number"]
    both.rep(f"/v1/boxes/{box['key']}", fields={field: "1Z2"})
    both.rep(f"/v1/boxes/{both.box('1')['key']}", fields={field: ""})
    both.back.run()
    assert [one["trackingNumber"] for one in both.shop()] == ["1Z1", "1Z2"]
    both.quiet()
    assert both.box("1")["fields"].get("Tracking Number") in (None, "")


def test_edits_of_a_contact_reach_the_customer_who_stays_the_only_one(both: Both) -> None:
    both.arrive(customer(), order())
    (contact,) = both.box()["contacts"]
    edited = {"givenName": "Augusta", "title": "Countess", "phoneNumbers": ["+1 512 555 0199"]}
    both.rep(f"/v2/contacts/{contact['key']}", **edited, emailAddresses=["augusta@acme.example"])
    both.back.run()
    (one,) = both.shop("customers")
    expected = ("Augusta", "Byron", "Countess", "+1 512 555 0199", "ada@acme.example")
    assert tuple(one[name] for name in ("firstName", "lastName", "title", "phone", "email")) == expected
    both.there.run()  # the box's own fields follow: Customer Name, Customer Phone
    both.quiet()


def test_a_name_that_both_changed_is_the_shop_s_and_a_cleared_title_stays_cleared(both: Both) -> None:
    both.arrive(customer(title="Dr."), order())
    both.back.run()
    (contact,) = both.box()["contacts"]
    both.rep(f"/v2/contacts/{contact['key']}", familyName="King", title="")
    both.edit_shop("/customers/C-881", lastName="Lovelace")
    for pipe in (both.back, both.there):
        pipe.run()
    (contact,) = both.box()["contacts"]
    assert (both.shop("customers")[0]["lastName"], contact["familyName"], contact["title"]) == (
        "Lovelace",
        "Lovelace",
        "",
    )
    both.quiet()


def test_a_contact_who_never_bought_anything_is_no_customer(both: Both) -> None:
    both.arrive(customer(), guest(2))
    team = both.crm().streak["teams"][0]["key"]
    both.rep(f"/v2/teams/{team}/contacts", givenName="New", emailAddresses=["new@lead.example"])
    both.quiet()
    assert [one["customerId"] for one in both.shop("customers")] == ["C-881"]


def test_a_contact_of_the_crm_is_the_customer_of_its_e_mail_address(both: Both) -> None:
    team = both.crm().streak["teams"][0]["key"]
    both.there.sandbox.load([customer(title=None)])
    both.rep(f"/v2/teams/{team}/contacts", givenName="Ada", title="Countess", emailAddresses=["ADA@acme.example"])
    both.back.run()
    (one,) = both.shop("customers")
    assert (one["firstName"], one["email"]) == ("Ada", "ada@acme.example")


def test_a_deal_that_a_rep_won_gets_its_invoice_once(both: Both) -> None:
    both.arrive(customer(), order(1), order(2))
    both.move("Won", "1")
    both.back.run()
    both.move("Won", "2")
    both.back.run()
    assert [one["orderId"] for one in both.shop("invoices")] == ["1", "2"]
    assert {one["status"] for one in both.shop()} == {"completed"}
    both.quiet()


def test_deals_that_were_won_before_and_orders_that_the_shop_completed_get_none(both: Both) -> None:
    del both.back.target_config["effects_since"]
    both.arrive(order(1), order(2))
    both.move("Won", "1")
    both.back.run()
    both.edit_shop("/orders/2", status="completed")
    both.there.run()
    both.quiet()
    assert (both.box("2")["stage"], both.shop("invoices")) == ("Won", [])


def test_a_task_that_was_done_and_a_comment_for_the_shop_are_notes(both: Both) -> None:
    both.arrive(customer(), order(), payment())
    box = both.box()
    both.rep(f"/v2/boxes/{box['key']}/comments", message="#shop Please gift-wrap")
    both.rep(f"/v2/boxes/{box['key']}/comments", message="A difficult customer")
    both.rep(f"/v2/boxes/{box['key']}/tasks", text="Not done yet")
    both.rep(f"/v2/tasks/{box['tasks'][0]['key']}", status="DONE")
    both.back.run()
    notes = sorted((one["orderId"], one["text"]) for one in both.shop("notes"))
    assert notes == [("100234", "Done: Follow up on order SO-100234"), ("100234", "Please gift-wrap")]
    both.quiet()
