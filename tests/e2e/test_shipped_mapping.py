"""What the shipped mapping promises, row by row, seen in Streak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm import Crm
from shop import ADDRESS, customer, guest, order, payment

if TYPE_CHECKING:
    from running import Pipe

SINCE = {"effects_since": "2026-01-01T00:00:00Z"}
WRITES = ("POST", "PUT", "DELETE")


def sync(pipe: Pipe, *rows: dict[str, Any]) -> Crm:
    pipe.sandbox.load(rows)
    pipe.run()
    return Crm(pipe.sandbox.snapshot())


def test_an_order_becomes_a_readable_box_with_its_order_id(pipe: Pipe) -> None:
    box = sync(pipe, customer(), order()).box("100234")
    assert box["name"] == "SO-100234 – Acme Ltd"
    assert box["pipeline"] == "Web Orders"
    assert box["stage"] == "New Order"
    assert box["notes"] == "Ring twice"
    assert box["assignees"] == ["maya@sandbox-sales.example"]


def test_currency_amount_and_company_choose_the_pipeline(pipe: Pipe) -> None:
    rules = {
        "1": (9999.99, "USD", "Acme Ltd", "Web Orders"),
        "2": (10000, "USD", "Acme Ltd", "Key Accounts"),
        "3": (9000, "EUR", "Acme Ltd", "Key Accounts"),
        "4": (50000, "USD", None, "Web Orders"),
    }
    crm = sync(
        pipe,
        *(
            guest(int(number), totalAmount=amount, currency=currency, billingAddress=ADDRESS | {"company": company})
            for number, (amount, currency, company, _) in rules.items()
        ),
    )
    assert {number: crm.box(number)["pipeline"] for number in rules} == {n: rule[-1] for n, rule in rules.items()}


def test_custom_fields_have_the_right_types(pipe: Pipe) -> None:
    crm = sync(pipe, customer(), order(trackingNumber="1Z999"))
    fields = crm.box()["fields"]
    assert fields["Order Number"] == "SO-100234"
    assert fields["Order Date"] == 1777644191000
    assert fields["Total"] == "208.38"
    assert fields["Currency"] == "USD"
    assert fields["PO Number"] == "PO-77"
    assert fields["Tracking Number"] == "1Z999"
    types = {field["name"]: field["type"] for field in crm.streak["pipelines"][0]["fields"]}
    assert (types["Order Date"], types["Total"], types["Customer Type"]) == ("DATE", "TEXT_INPUT", "DROPDOWN")


def test_the_status_is_the_stage(pipe: Pipe) -> None:
    stages = {
        "pending": "New Order",
        "confirmed": "In Fulfillment",
        "processing": "In Fulfillment",
        "shipped": "Shipped",
        "completed": "Won",
        "cancelled": "Lost",
        "refunded": "Refunded",
        "on_hold": "On Hold",
    }
    crm = sync(pipe, *(order(number, status=status) for number, status in enumerate(stages)))
    assert {status: crm.box(str(number))["stage"] for number, status in enumerate(stages)} == stages


def test_an_unknown_status_is_set_aside_with_a_reason_that_names_the_table(pipe: Pipe) -> None:
    crm = sync(pipe, order(1), order(2, status="awaiting_pickup"))
    assert [box["fields"]["Order ID"] for box in crm.boxes] == ["1"]
    letters = pipe.letters()
    assert "stages" in letters
    assert "awaiting_pickup" in letters


def test_line_items_become_a_summary_and_fields_of_their_own(pipe: Pipe) -> None:
    nut = {"lineId": "2", "productId": "P-10", "sku": "NUT-M8", "name": " Nut M8 ", "quantity": 4, "unitPrice": 0.125}
    lines = [*order()["record"]["lineItems"], nut | {"discountAmount": 0, "totalAmount": 0.5}]
    fields = sync(pipe, order(lineItems=lines)).box()["fields"]
    assert fields["Items"] == "10 × Bolt M8 (BOLT-M8) at 18.00; 4 × Nut M8 (NUT-M8) at 0.125"
    assert (fields["Item Count"], fields["Total Quantity"]) == ("2", "14")
    assert (fields["First SKU"], fields["First Product"], fields["First Price"]) == ("BOLT-M8", "Bolt M8", "18.00")


def test_addresses_follow_the_order_of_their_country(pipe: Pipe) -> None:
    german = ADDRESS | {
        "line1": "Luisenstr. 48",
        "city": "Münster",
        "region": None,
        "postalCode": "44087",
        "country": "DE",
    }
    crm = sync(pipe, customer(), order(shippingAddress=german))
    fields = crm.box()["fields"]
    assert "Luisenstr. 48, 44087 Münster" in fields["Shipping Address"]
    assert "1 Main St, Austin, TX 78701" in fields["Billing Address"]
    assert any("1 Main St, Austin, TX 78701" in line for line in crm.box()["contacts"][0]["addresses"])


def test_a_customer_becomes_one_contact_found_by_its_normalised_address(pipe: Pipe) -> None:
    crm = sync(pipe, customer(email=" Ada@ACME.example "), order(), order(2, email="ADA@acme.example"))
    (contact,) = crm.contacts.values()
    assert (contact["givenName"], contact["familyName"]) == ("Ada", "Byron")
    assert contact["emailAddresses"] == ["ada@acme.example"]
    assert contact["phoneNumbers"] == ["+1 512 555 0100"]
    assert all([linked["key"] for linked in box["contacts"]] == [contact["key"]] for box in crm.boxes)


def test_a_guest_becomes_a_contact_from_the_billing_address(pipe: Pipe) -> None:
    (contact,) = sync(pipe, guest()).box()["contacts"]
    assert (contact["givenName"], contact["familyName"]) == ("Jean-Luc Ó", "Briain")
    assert contact["emailAddresses"] == ["jl@gmail.com"]


def test_an_order_without_an_address_makes_no_nameless_contact(pipe: Pipe) -> None:
    crm = sync(pipe, guest(1, email=None), guest(2, email=None))
    assert not crm.contacts
    assert crm.box("1")["fields"]["Customer Name"] == "Jean-Luc Ó Briain"
    assert crm.box("1")["fields"]["Customer Phone"] == "+1 512 555 0100"


def test_a_company_becomes_one_organization_by_its_domain(pipe: Pipe) -> None:
    colleague = customer(customerId="C-2", email="bob@acme.example", firstName="Bob")
    crm = sync(pipe, customer(), colleague, order(), order(2, customerId="C-2", email="bob@acme.example"))
    (organization,) = crm.organizations.values()
    assert (organization["name"], organization["domains"]) == ("Acme Ltd", ["acme.example"])
    assert all(box["organizations"] == [organization] for box in crm.boxes)
    assert all([link["key"] for link in one["orgLinks"]] == [organization["key"]] for one in crm.contacts.values())


def test_a_free_mail_domain_makes_no_organization_and_a_name_serves_where_no_domain_is_known(pipe: Pipe) -> None:
    company = {"companyId": "CO-9", "name": "Corner Shop", "domain": None, "industry": None}
    crm = sync(pipe, customer(email="corner@gmail.com", company=company), order(email="corner@gmail.com"), guest(2))
    (organization,) = crm.organizations.values()
    assert (organization["name"], organization["domains"]) == ("Corner Shop", [])
    assert crm.box("2")["organizations"] == []


def test_a_payment_becomes_a_comment_once_per_status(pipe: Pipe) -> None:
    pipe.target_config |= SINCE
    crm = sync(pipe, order(), payment())
    assert crm.box()["comments"] == ["Payment captured: 208.38 USD, card …4242"]
    pipe.run(full_refresh=True)
    refund = payment(status="refunded", updatedAt="2026-05-03T00:00:00Z")
    assert sync(pipe, refund).box()["comments"] == [
        "Payment captured: 208.38 USD, card …4242",
        "Payment refunded: 208.38 USD, card …4242",
    ]


def test_a_status_change_becomes_a_comment(pipe: Pipe) -> None:
    pipe.target_config |= SINCE
    assert sync(pipe, order()).box()["comments"] == []
    shipped = order(status="shipped", version=2, updatedAt="2026-05-02T09:00:00Z")
    box = sync(pipe, shipped).box()
    assert (box["stage"], box["comments"]) == ("Shipped", ["Order status changed to shipped"])


def test_a_new_order_becomes_a_follow_up_on_the_next_working_day_once(pipe: Pipe) -> None:
    pipe.target_config |= SINCE
    sync(pipe, order())
    pipe.run(full_refresh=True)
    (task,) = Crm(pipe.sandbox.snapshot()).box()["tasks"]
    assert task["text"] == "Follow up on order SO-100234"
    assert task["dueDate"] == 1777885200000  # Monday 2026-05-04 09:00 UTC
    assert [entry["email"] for entry in task["assignedToSharingEntries"]] == ["maya@sandbox-sales.example"]


def test_orders_from_before_effects_since_make_no_task_and_no_comment(pipe: Pipe) -> None:
    crm = sync(pipe, order(), payment())
    assert (crm.streak["tasks"], crm.streak["comments"]) == ([], [])


def test_test_orders_stay_out(pipe: Pipe) -> None:
    crm = sync(pipe, order(1), order(2, isTest=True, email="robot@acme.example", customerId=None))
    assert [box["fields"]["Order ID"] for box in crm.boxes] == ["1"]
    assert not any("robot@acme.example" in contact["emailAddresses"] for contact in crm.contacts.values())


def test_a_second_run_writes_nothing_and_says_why(pipe: Pipe) -> None:
    pipe.target_config |= SINCE
    pipe.sandbox.load([customer(), order(), guest(2), payment()])
    pipe.run()
    for full_refresh in (False, True):
        pipe.sandbox.clear_requests()
        run = pipe.run(full_refresh=full_refresh)
        writes = [call for call in pipe.sandbox.requests("streak") if call["method"] in WRITES]
        assert writes == []
        assert "nothing to write" in run.log


def test_the_calls_of_an_order_are_counted(pipe: Pipe) -> None:
    sync(pipe, guest(1))  # a new ledger looks once at what the pipelines hold already
    budget = [
        (6, [customer(), order()], "a new order of a new customer"),
        (3, [order(2, updatedAt="2026-05-02T00:00:00Z")], "a new order of a known customer"),
        (2, [order(2, status="shipped", version=2, updatedAt="2026-05-03T00:00:00Z")], "a status change, read first"),
        (0, [], "nothing"),
    ]
    for most, rows, story in budget:
        pipe.sandbox.load(rows)
        pipe.sandbox.clear_requests()
        pipe.run()
        spent = [call for call in pipe.sandbox.requests("streak") if _is_about_records(call["path"])]
        assert len(spent) <= most, f"{story}: {[(call['method'], call['path']) for call in spent]}"


def _is_about_records(path: str) -> bool:
    """Not one of the few calls by which a run finds its team, pipelines and fields."""
    return any(noun in path for noun in ("/boxes", "/contacts", "/organizations", "/tasks", "/comments"))
