"""What speaks for and against a box being an order's own, besides the order's id."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest import FieldRules, Record
from singer_rest.sync.record import Source
from target_streak.evidence import CERTAIN, Evidence, values_of
from target_streak.requirements import requirements_of

NAMES = ("Order ID", "Order Number", "Order Date", "Total", "Customer", "Currency", "Items", "Tracking", "Shop", "Type")
KEYS = {name: str(1001 + number) for number, name in enumerate(NAMES)}
DATE = "2026-05-01T14:03:11Z"
AT = 1777644191000
ORDER = {
    "Order ID": "100234",
    "Order Number": "SO-100234",
    "Order Date": DATE,
    "Total": "208.30",
    "Customer": "Ada Byron",
    "Currency": "USD",
    "Items": "10 × Bolt M8",
}
SHOWN = ORDER | {"Order Date": AT, "Total": "208.3"}
STRANGE = SHOWN | {
    "Order Number": "B-7",
    "Order Date": AT + 1000,
    "Customer": "Bob Smith",
    "Total": "17.20",
    "Items": "1 nut",
}


@pytest.fixture
def evidence(sign_in: Any, streak: Any) -> Any:
    """Evidence in a pipeline with all fields; `rules` are more of `x-sync`."""
    types = {"Order Date": "DATE", "Type": "CHECKBOX"}
    fields = tuple({"key": key, "name": name, "type": types.get(name, "TEXT_INPUT")} for name, key in KEYS.items())
    streak.add_pipeline("Deals", fields=fields)

    def with_rules(**rules: Any) -> Evidence:
        sync = {"Order ID": {"identity": True}, "Tracking": {"shared": True}} | {
            name.replace("_", " "): rule for name, rule in rules.items()
        }
        properties = {name: {"type": "string"} | ({"x-sync": sync[name]} if name in sync else {}) for name in NAMES}
        schema = {"properties": {"fieldValues": {"properties": properties}}}
        catalog = sign_in().catalog
        catalog.require(requirements_of("boxes", schema))
        return Evidence(catalog, FieldRules(schema))

    return with_rules


def record(fields: dict[str, Any], name: str = "SO-100234 – Ada Byron", date: str | None = DATE) -> Record:
    raw = {"externalId": "100234", "name": name, "fieldValues": fields}
    return Record("boxes", "100234", "order-box", Source(date=date), raw, {})


def box(fields: dict[str, Any], name: str = "SO-100234 – Ada Byron", creator: str = "u1") -> dict[str, Any]:
    shown = {KEYS[name]: value for name, value in fields.items()}
    return {"key": "b1", "pipelineKey": "p1", "name": name, "creatorKey": creator, "fields": shown}


def test_an_orders_own_box_fits(evidence: Any) -> None:
    assert evidence().of_box(record(ORDER), box(SHOWN)) > 3


@pytest.mark.parametrize(
    "edited",
    [
        {"Total": "1.00", "Customer": "Ada King", "Items": "changed by hand"},
        {"Order Number": "typed over"},
        {"Order Date": AT + 86_400_000_0},
        {"Order Number": "", "Order Date": None},
    ],
)
def test_what_people_edited_does_not_make_it_another_shops(evidence: Any, edited: dict[str, Any]) -> None:
    unchanging = {"Order_Number": {"unchanging": True}, "Order_Date": {"unchanging": True}}
    assert evidence(**unchanging).of_box(record(ORDER), box(SHOWN | edited, "renamed")) > 0


@pytest.mark.parametrize("same", [(), ("Order Number",), ("Order Date",), ("Items",), ("Order Number", "Items")])
def test_another_shops_box_of_the_same_id_does_not_fit(evidence: Any, same: tuple[str, ...]) -> None:
    unchanging = {"Order_Number": {"unchanging": True}, "Order_Date": {"unchanging": True}}
    shown = STRANGE | {name: SHOWN[name] for name in same}
    assert evidence(**unchanging).of_box(record(ORDER), box(shown, "B-7 – Bob Smith")) <= 0


def test_the_orders_date_weighs_most_where_the_mapping_says_nothing(evidence: Any) -> None:
    rules = evidence()
    shown = STRANGE | {"Order Number": SHOWN["Order Number"], "Customer": SHOWN["Customer"]}
    assert rules.of_box(record(ORDER), box(shown)) < 0
    assert rules.of_box(record(ORDER), box(shown | {"Order Date": AT})) > 0


def test_what_many_orders_have_in_common_says_nothing(evidence: Any) -> None:
    few = {"Order ID": "100234", "Currency": "USD", "Type": True, "Tracking": "1Z999AA10123456784"}
    assert evidence().of_box(record(few), box(few, "made by hand", "u2")) is None


def test_of_a_box_with_the_id_alone_the_name_that_we_gave_tells(evidence: Any) -> None:
    alone = {"Order ID": "100234"}
    rules = evidence()
    assert rules.of_box(record(ORDER), box(alone)) > 0
    assert rules.of_box(record(ORDER), box(alone, "B-7 – Bob Smith")) < 0
    assert rules.of_box(record(ORDER), box(alone, "another tool's", "u2")) is None


def test_a_part_of_another_value_says_nothing_new(evidence: Any) -> None:
    long = {"Items": "10 × Bolt M8, Ada Byron, SO-100234", "Customer": "Ada Byron", "Order Number": "SO-100234"}
    shown = {"Items": long["Items"], "Customer": "Bob", "Order Number": "B-7"}
    assert evidence().of_box(record(long), box(shown, "")) == 1


@pytest.mark.parametrize(
    ("kept", "same"), [(AT, True), (1777593600000, True), (1777680000000, True), (AT + 1000, False)]
)
def test_a_date_may_have_lost_its_time(evidence: Any, kept: int, *, same: bool) -> None:
    points = evidence().of_box(record({"Order Date": DATE}), box({"Order Date": kept}, ""))
    assert points == (3 if same else -3)


def test_the_mark_of_a_shop_decides(evidence: Any) -> None:
    rules = evidence(Shop={"shop_mark": True})
    ours = record(ORDER | {"Shop": "north"})
    assert rules.of_box(ours, box(STRANGE | {"Shop": "North"})) == CERTAIN + 1
    assert rules.of_box(ours, box(SHOWN | {"Shop": "south"}, "")) == -CERTAIN
    assert rules.of_box(ours, box(SHOWN)) > 0
    assert rules.differing(ours, box(SHOWN | {"Shop": "south"})) == "Shop"


def test_the_field_that_differs_is_named(evidence: Any) -> None:
    rules = evidence(Order_Number={"unchanging": True})
    assert rules.differing(record(ORDER), box(STRANGE)) in {"Order Number", "Order Date"}
    assert rules.differing(record(ORDER), box(SHOWN)) is None


def test_what_the_ledger_remembers_is_compared_in_the_same_way(evidence: Any) -> None:
    class Content:
        def __init__(self, values: dict[str, Any]) -> None:
            self.values = {f"fieldValues.{name}": value for name, value in values.items()}

    rules = evidence()
    assert rules.of_values(record(ORDER), values_of({"f": Content(ORDER | {"Total": "9.99"})})) > 0
    strange = STRANGE | {"Order Date": "2026-05-02T00:00:00Z"}
    assert rules.of_values(record(ORDER), values_of({"f": Content(strange)})) < 0
