"""What Streak has and the ledger does not know is linked to the oldest that fits."""

from __future__ import annotations

from typing import Any

from target_streak.adoption import (
    adopt_boxes,
    adopt_parties,
    nameless_keys,
    order_pipelines,
    pipelines_with,
    remember_nameless,
)
from target_streak.requirements import requirements_of

ORDER_ID = {"key": "1001", "name": "Order ID", "type": "TEXT_INPUT"}
IDENTITY = {"fieldValues": {"properties": {"Order ID": {"type": "string", "x-sync": {"identity": True}}}}}


def box(key: str, order_id: str | None, at: int, creator: str = "u1", **more: Any) -> dict[str, Any]:
    fields = {"1001": order_id} if order_id else {}
    return {"key": key, "pipelineKey": "p1", "creatorKey": creator, "creationTimestamp": at, "fields": fields, **more}


def adopt(connection: Any, pipelines: Any = None) -> Any:
    pipelines = pipelines or pipelines_with(connection.catalog, "Order ID", ())
    return adopt_boxes(connection, pipelines)


def test_the_oldest_box_of_an_order_is_linked(sign_in: Any, streak: Any, ledger: Any) -> None:
    deals = streak.add_pipeline("Deals", fields=(ORDER_ID,))
    streak.boxes[deals] = [box("b3", "2", 30), box("b1", "1", 10), box("b2", "1", 20), box("b4", None, 40)]
    adopted = adopt(sign_in())
    assert (adopted.names, adopted.without, adopted.doubled) == (2, 1, {"1": ["b1", "b2"]})
    assert [ledger.links.get("boxes", order).vendor_key for order in ("1", "2")] == ["b1", "b3"]
    (letter,) = ledger.dead_letters.all()
    assert (letter.external_id, letter.code) == ("1", "twice")


def test_what_is_linked_stays_linked(sign_in: Any, streak: Any, ledger: Any) -> None:
    deals = streak.add_pipeline("Deals", fields=(ORDER_ID,))
    streak.boxes[deals] = [box("b1", "1", 10)]
    ledger.links.adopt("boxes", {"1": "b9"}, "ours")
    assert adopt(sign_in()).linked == {}
    assert ledger.links.get("boxes", "1").vendor_key == "b9"


def test_a_pipeline_is_adopted_once(sign_in: Any, streak: Any, ledger: Any) -> None:
    streak.add_pipeline("Deals", fields=(ORDER_ID,))
    connection = sign_in()
    (pipeline,) = pipelines_with(connection.catalog, "Order ID", ())
    assert ledger.bindings.get("adopted", pipeline.key, pipeline.field_key) is None
    adopt(connection)
    assert ledger.bindings.get("adopted", pipeline.key, pipeline.field_key) == "linked by id alone"


def test_elsewhere_only_boxes_of_ours_count(sign_in: Any, streak: Any) -> None:
    deals, other = (streak.add_pipeline(name, fields=(ORDER_ID,)) for name in ("Deals", "Other"))
    streak.boxes[deals] = [box("b1", "1", 10, "u2")]
    streak.boxes[other] = [box("b2", "2", 5, "u2"), box("b3", "3", 5, "u1")]
    connection = sign_in()
    pipelines = pipelines_with(connection.catalog, "Order ID", ["Deals"])
    assert [pipeline.maker for pipeline in pipelines] == [None, "u1"]
    assert set(adopt(connection, pipelines).linked) == {"1", "3"}


def test_the_pipelines_of_orders_have_the_identity_field(sign_in: Any, streak: Any) -> None:
    streak.add_pipeline("Deals", fields=(ORDER_ID,))
    streak.add_pipeline("Other")
    catalog = sign_in().catalog
    assert order_pipelines(catalog) == []
    catalog.require(requirements_of("boxes", {"properties": IDENTITY}))
    assert [pipeline.key for pipeline in order_pipelines(catalog)] == ["p1"]


def test_what_is_on_an_adopted_box_is_noted(sign_in: Any, streak: Any) -> None:
    deals = streak.add_pipeline("Deals", fields=(ORDER_ID,))
    streak.boxes[deals] = [box("b1", "1", 10, taskTotal=2), box("b2", "2", 20)]
    connection = sign_in()
    assert not connection.dedupe.is_noted("tasks", "b1")
    adopt(connection)
    assert connection.dedupe.noted() == [("tasks", "b1")]
    assert connection.dedupe.is_noted("tasks", "b1")


def test_contacts_are_linked_by_address_to_the_oldest(sign_in: Any, streak: Any, ledger: Any) -> None:
    streak.contacts = [
        {"key": "c2", "creationDate": 20, "emailAddresses": ["A@b.example"]},
        {"key": "c1", "creationDate": 10, "emailAddresses": ["a@b.example", "c@d.example"], "givenName": "Ada"},
    ]
    connection = sign_in()
    adopted = adopt_parties(connection, "contacts")
    assert (adopted.records, adopted.names) == (2, 2)
    assert adopted.linked == {"email:a@b.example": "c1", "email:c@d.example": "c1"}
    assert adopted.doubled == {"email:a@b.example": ["c1", "c2"]}
    assert ledger.links.get("contacts", "email:a@b.example").vendor_key == "c1"
    assert adopt_parties(connection, "contacts").linked == {}


def test_contacts_of_ours_without_address_are_remembered_by_name(sign_in: Any, streak: Any, ledger: Any) -> None:
    streak.contacts = [
        {"key": "c2", "creationDate": 20, "creatorKey": "u1", "givenName": "Ada", "familyName": "Byron"},
        {"key": "c1", "creationDate": 10, "creatorKey": "u1", "givenName": " ada", "familyName": "byron "},
        {"key": "c3", "creationDate": 5, "creatorKey": "u2", "givenName": "Ada", "familyName": "Byron"},
    ]
    adopted = remember_nameless(sign_in())
    assert (adopted.records, adopted.doubled) == (2, {"ada byron": ["c1", "c2"]})
    assert nameless_keys(ledger, "ada byron") == ["c1", "c2"]
    assert nameless_keys(ledger, "nobody") == []
