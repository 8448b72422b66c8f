"""What the shipped mapping promises for the way back, row by row: people work in Streak, the shop is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from crm import Crm
from running import Pipe
from shop import ADDRESS, customer, guest, order, payment

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

SINCE = {"effects_since": "2026-01-01T00:00:00Z"}
WRITES = ("POST", "PUT", "PATCH", "DELETE")
STAGES = {
    "1": "Shipped",
    "2": "On Hold",
    "3": "In Fulfillment",
    "4": "Lost",
    "5": "Won",
    "6": "Refunded",
    "7": "New Order",
}
CONTACT = {"givenName": "Augusta", "title": "Countess", "phoneNumbers": ["+1 512 555 0199"]}
HOME = "12 St James's Sq, London, SW1Y 4JH, United Kingdom"


@dataclass
class Both:
    """A shop and a CRM with both pipes between them, and what the runs wrote."""

    there: Pipe
    back: Pipe
    wrote: dict[str, list[str]] = field(default_factory=dict)

    def run(self, *pipes: Pipe, called: str = "") -> None:
        """Run the pipes one after the other; what they write is kept under a name."""
        for pipe in pipes:
            pipe.sandbox.clear_requests()
            pipe.run()
            written = [f"{one['method']} {one['path']}" for one in pipe.sandbox.requests() if _writes(one)]
            self.wrote.setdefault(called, []).extend(written)

    def rep(self, path: str, **body: Any) -> None:
        """Do what a rep does in Streak."""
        url, key = f"{self.there.sandbox.streak_url}{path}", (self.there.sandbox.streak_key, "")
        requests.post(url, json=body, auth=key, timeout=10).raise_for_status()

    def move(self, stage: str, order_id: str = "100234") -> None:
        """Drag a deal to another stage."""
        crm = self.crm
        box = crm.box(order_id)
        self.rep(f"/v1/boxes/{box['key']}", stageKey=crm.stage_key(box["pipeline"], stage))

    def track(self, order_id: str, number: str) -> None:
        """Type a tracking number into a deal."""
        (pipeline,) = [one for one in self.crm.streak["pipelines"] if one["name"] == "Web Orders"]
        (key,) = [one["key"] for one in pipeline["fields"] if one["name"] == "Tracking Number"]
        self.rep(f"/v1/boxes/{self.box(order_id)['key']}", fields={key: number})

    def office(self, path: str, **body: Any) -> None:
        """Do what people do in the shop's office."""
        url, key = f"{self.there.sandbox.clarity_url}{path}", {"X-API-Key": self.there.sandbox.clarity_key}
        requests.patch(url, json=body, headers=key, timeout=10).raise_for_status()

    @property
    def crm(self) -> Crm:
        """What Streak has."""
        return Crm(self.there.sandbox.snapshot())

    def box(self, order_id: str = "100234") -> dict[str, Any]:
        """The deal of an order."""
        return self.crm.box(order_id)

    def shop(self, kind: str = "orders") -> list[dict[str, Any]]:
        """What the shop has."""
        rows: list[dict[str, Any]] = self.there.sandbox.snapshot()["clarity"][kind]
        return rows


def _writes(call: dict[str, Any]) -> bool:
    return call["status"] < 400 and call["method"] in WRITES and not call["path"].endswith("/batch/get")


def _both(there: Pipe) -> Both:
    there.target_config |= SINCE
    back = there.back()
    back.target_config |= SINCE
    return Both(there, back)


@pytest.fixture
def both(pipe: Pipe) -> Both:
    """Both directions on one ledger."""
    return _both(pipe)


@dataclass
class Day:
    """What a day of work left: the shop, by kind, and what runs wrote that had nothing to carry."""

    store: dict[str, Any]
    wrote: dict[str, list[str]]
    letters: str
    cleared: Any

    def orders(self, name: str) -> dict[str, Any]:
        """One property of every order, by id."""
        return {one["orderId"]: one[name] for one in self.store["orders"]}

    def customer(self, name: str) -> dict[str, Any]:
        """One customer."""
        (found,) = [one for one in self.store["customers"] if one["customerId"] == name]
        return dict(found)


@pytest.fixture(scope="module")
def day(sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Orders arrive, reps work a day long, the way back runs, and another round in both directions."""
    sandbox_server.reset()
    both = _both(Pipe(sandbox_server, tmp_path_factory.mktemp("day")))
    team = both.crm.streak["teams"][0]["key"]
    both.rep(f"/v2/teams/{team}/contacts", givenName="Bea", title="Buyer", emailAddresses=["BEA@shop.example"])
    odd = {"firstName": " Ann ", "phone": "+1  512 555", "addresses": [ADDRESS | {"line2": "Flat 1"}]}
    both.there.sandbox.load(
        [
            *(order(number, trackingNumber="1Z1") for number in range(1, 7)),
            order(7, status="shipped"),
            guest(8, status="processing"),
            order(9, customerId="C-2", email="ann@shop.example", status="completed"),
            customer(),
            customer(customerId="C-2", email="ann@shop.example", company=None, **odd),
            customer(customerId="C-3", email="bea@shop.example", company=None, firstName="Bea", title=None),
            payment(orderId="1"),
        ]
    )
    both.run(both.there)
    both.run(both.back, called="the first run back")
    _work(both, team)
    both.run(both.back)
    store, letters = both.there.sandbox.snapshot()["clarity"], both.back.letters()
    both.run(both.there)  # the boxes' own fields follow: Customer Name, Customer Phone
    both.run(both.back, both.there, called="another round")
    return Day(store, both.wrote, letters, both.box("2")["fields"].get("Tracking Number"))


def _work(both: Both, team: str) -> None:
    for number, stage in STAGES.items():
        both.move(stage, number)
    both.track("1", "1Z9")
    both.track("2", "")
    box = both.box("1")
    (contact,) = box["contacts"]
    book = [*contact["addresses"], HOME]
    both.rep(f"/v2/contacts/{contact['key']}", **CONTACT, emailAddresses=["augusta@acme.example"], addresses=book)
    both.rep(f"/v2/boxes/{box['key']}/comments", message="#shop Please gift-wrap")
    both.rep(f"/v2/boxes/{box['key']}/comments", message="A difficult customer")
    both.rep(f"/v2/boxes/{box['key']}/tasks", text="Not done yet")
    both.rep(f"/v2/tasks/{box['tasks'][0]['key']}", status="DONE")
    both.rep(f"/v1/boxes/{both.box('8')['key']}", notes="Called; nothing else changed")
    both.rep(f"/v2/teams/{team}/contacts", givenName="New", emailAddresses=["new@lead.example"])


def test_the_stage_that_a_rep_chose_is_the_status(day: Day) -> None:
    chosen = {"1": "shipped", "2": "on_hold", "3": "confirmed", "4": "cancelled", "5": "completed"}
    assert day.orders("status").items() >= chosen.items()


def test_a_refund_is_the_shop_s_business_and_many_statuses_of_one_stage_are_not_flattened(day: Day) -> None:
    assert (day.orders("status")["6"], day.orders("status")["8"]) == ("pending", "processing")


def test_a_status_that_the_shop_forbids_is_a_letter_in_its_words(day: Day) -> None:
    assert day.orders("status")["7"] == "shipped"
    assert "status can't go from shipped to pending" in day.letters


def test_a_tracking_number_that_a_rep_typed_reaches_the_order_and_a_cleared_one_stays_cleared(day: Day) -> None:
    assert (day.orders("trackingNumber")["1"], day.orders("trackingNumber")["2"]) == ("1Z9", "1Z1")
    assert day.cleared in {None, ""}


def test_edits_of_a_contact_reach_the_customer(day: Day) -> None:
    ada = day.customer("C-881")
    expected = ("Augusta", "Byron", "Countess", "+1 512 555 0199", "ada@acme.example")
    assert tuple(ada[name] for name in ("firstName", "lastName", "title", "phone", "email")) == expected
    home = {"line1": "12 St James's Sq", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB"}
    assert ada["addresses"] == [*customer()["record"]["addresses"], home]


def test_nobody_becomes_a_second_customer_and_a_lead_none(day: Day) -> None:
    assert [one["customerId"] for one in day.store["customers"]] == ["C-881", "C-2", "C-3"]
    assert day.customer("C-2")["firstName"] == " Ann "


def test_a_deal_that_a_rep_won_gets_an_invoice_and_one_that_the_shop_completed_none(day: Day) -> None:
    assert [one["orderId"] for one in day.store["invoices"]] == ["5"]


def test_a_task_that_was_done_and_a_comment_for_the_shop_are_notes_and_nothing_else_is(day: Day) -> None:
    notes = sorted((one["orderId"], one["text"]) for one in day.store["notes"])
    assert notes == [("1", "Done: Follow up on order SO-1"), ("1", "Please gift-wrap")]


def test_a_contact_of_the_crm_fills_in_what_the_customer_of_its_address_lacks(day: Day) -> None:
    assert (day.customer("C-3")["title"], day.wrote["the first run back"]) == ("Buyer", ["PATCH /api/v1/customers/C-3"])


def test_another_round_in_both_directions_writes_nothing(day: Day) -> None:
    assert day.wrote["another round"] == []


def test_there_and_back_again_is_written_and_where_both_sides_changed_the_shop_s_word_stays(both: Both) -> None:
    both.there.sandbox.load([customer(title="Dr."), order(1, status="confirmed"), order(2, status="confirmed")])
    both.run(both.there)
    both.move("On Hold", "1")
    both.move("Shipped", "2")
    both.office("/orders/2", status="on_hold")
    (contact,) = both.box("1")["contacts"]
    both.rep(f"/v2/contacts/{contact['key']}", familyName="King", title="")
    both.office("/customers/C-881", lastName="Lovelace")
    both.run(both.back)
    assert [one["status"] for one in both.shop()] == ["on_hold", "on_hold"]
    both.move("In Fulfillment", "1")
    both.run(both.back, both.there)
    assert [one["status"] for one in both.shop()] == ["confirmed", "on_hold"]
    (contact,) = both.box("1")["contacts"]
    assert (both.box("1")["stage"], both.box("2")["stage"]) == ("In Fulfillment", "On Hold")
    assert (both.shop("customers")[0]["lastName"], contact["familyName"], contact["title"]) == (
        "Lovelace",
        "Lovelace",
        "",
    )
    both.run(both.back, both.there, called="another round")
    assert both.wrote["another round"] == []


def test_deals_that_were_won_before_the_first_run_and_orders_that_the_shop_completed_get_no_invoice(both: Both) -> None:
    del both.back.target_config["effects_since"]
    both.there.sandbox.load([order(1), order(2)])
    both.run(both.there)
    both.move("Won", "1")
    both.run(both.back)
    both.office("/orders/2", status="completed")
    both.run(both.there, both.back)
    assert ([one["status"] for one in both.shop()], both.box("2")["stage"]) == (["completed", "completed"], "Won")
    assert both.shop("invoices") == []
