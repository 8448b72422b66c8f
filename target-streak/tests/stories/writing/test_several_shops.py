"""Two shops with equal order ids, one team: nothing of one is touched by the other, in one ledger and in two."""

from __future__ import annotations

import json
from typing import Any

import pytest
from singer_rest.errors import FatalRunError

OTHER = "https://other.example/api/v1"
OURS = "https://shop.example/api/v1"
LATER = "2026-03-03T12:00:00Z"


@pytest.fixture
def shops(shop: Any) -> Any:
    """The shop, whose records say where they come from; `other(…)` runs another shop of the same ids."""
    shop.custom_fields["Order Number"] = {"type": ["string", "null"], "x-sync": {"unchanging": True}}
    schema = shop.schema
    shop.origin = OURS

    def with_origin(stream: str) -> Any:
        message = schema(stream)
        if shop.origin:
            message["schema"]["x-origin"] = shop.origin
        return message

    shop.schema = with_origin
    return shop


def order(shop: Any, number: int = 1, prefix: str = "SO", **values: Any) -> Any:
    fields = {"Order Number": f"{prefix}-{number}", "Order Date": values.pop("date", "2026-02-01T10:00:00Z")}
    return shop.box(number, fields=fields | values.pop("fields", {}), name=f"{prefix}-{number} – {prefix}", **values)


def everything(shop: Any, prefix: str, count: int = 3, **values: Any) -> list[Any]:
    """Orders with a person, a task and a comment each; ids are alike in every shop, the rest is not."""
    person = {"givenName": prefix, "familyName": f"Of {prefix}", "emailAddresses": [f"{prefix}@mail.example"]}
    total, date = {"SO": (208.35, "2026-02-01T10:00:00Z"), "B": (17.20, "2026-02-02T09:30:00Z")}[prefix]
    messages = [shop.contact(**person), shop.contact("C2", emailAddresses=["both@mail.example"], givenName=prefix)]
    for number in range(count):
        given = {"contactExternalIds": ["C1", "C2"], "fields": {"Total": total + number}, "date": date} | values
        messages += [order(shop, number, prefix, **given), shop.task(number, text=f"Call {prefix} {number}")]
        messages.append(shop.comment(number, f"payment:{number}", message=f"Paid {prefix}"))
    return messages


def other(shop: Any, *messages: Any, **settings: Any) -> Any:
    shop.origin = OTHER
    try:
        return shop.run(*messages, **settings)
    finally:
        shop.origin = OURS


def world(shop: Any, prefix: str) -> dict[str, Any]:
    """The boxes of one shop with what is on them, and its person."""
    boxes = [box for box in shop.stored("boxes") if box["name"].startswith(prefix)]
    keys = {box["key"] for box in boxes}
    on_boxes = {
        stream: [each for each in shop.stored(stream) if each["boxKey"] in keys] for stream in ("tasks", "comments")
    }
    people = [each for each in shop.stored("contacts") if f"{prefix}@mail.example" in each["emailAddresses"]]
    return {"boxes": boxes, "people": people, **on_boxes}


@pytest.mark.parametrize("pipeline", ["Web Orders", "Key Accounts"])
def test_in_one_ledger_each_shop_has_its_own_boxes(shops: Any, pipeline: str) -> None:
    shops.run(*everything(shops, "SO"))
    before = world(shops, "SO")
    theirs = everything(shops, "B", pipelineName=pipeline)
    ran = other(shops, *theirs)
    assert ran.counts["streams"]["boxes"] == {"created": 3}
    assert ran.counts["streams"]["tasks"] == {"created": 3}
    assert ran.counts["streams"]["comments"] == {"created": 3}
    assert world(shops, "SO") == before
    assert [len(world(shops, "B")[stream]) for stream in ("boxes", "tasks", "comments")] == [3, 3, 3]
    assert (other(shops, *theirs).calls, shops.run(*everything(shops, "SO")).calls) == ([], [])


def test_what_one_shop_changes_is_changed_on_its_own_box(shops: Any) -> None:
    shops.run(*everything(shops, "SO", 1))
    other(shops, *everything(shops, "B", 1))
    before = world(shops, "SO")
    other(shops, order(shops, 0, "B", stageName="Shipped", at=LATER, date="2026-02-02T09:30:00Z"))
    assert world(shops, "SO") == before
    assert shops.stage(world(shops, "B")["boxes"][0]) == "Shipped"


def test_a_person_of_both_shops_keeps_what_the_first_one_said(shops: Any) -> None:
    shops.sync["contacts"] = {"givenName": {"shared": True, "owner": "source"}}
    both = {"emailAddresses": ["both@mail.example"]}
    shops.run(shops.contact(givenName="Ada", familyName="Byron", flow="own", **both))
    other(shops, shops.contact(givenName="Augusta", familyName="King", title="Countess", flow="own", **both))
    other(shops, shops.contact(givenName="A.", familyName="K.", title="Lady", flow="own", at=LATER, **both))
    person = shops.only("contacts")
    assert (person["givenName"], person["familyName"], person["title"]) == ("Ada", "Byron", "Countess")
    shops.run(shops.contact(givenName="Ada M.", familyName="Byron", flow="own", at=LATER, **both))
    assert shops.only("contacts")["givenName"] == "Ada M."


@pytest.mark.parametrize("same", [(), ("Order Number",), ("Order Date",)])
def test_in_two_ledgers_the_second_shop_is_refused_before_the_first_write(shops: Any, same: tuple[str, ...]) -> None:
    shops.run(*everything(shops, "SO"))
    before = shops.sandbox.snapshot()
    shops.lose_ledger()
    theirs = everything(shops, "B")
    for message in theirs:
        fields = message["record"].get("fieldValues")
        if fields and "Order Number" in same:
            fields["Order Number"] = fields["Order Number"].replace("B", "SO")
        if fields and "Order Date" in same:
            fields["Order Date"] = "2026-02-01T10:00:00Z"
    with pytest.raises(FatalRunError, match="these boxes belong to another shop: in pipeline 'Web Orders', box "):
        other(shops, *theirs)
    assert shops.sandbox.snapshot() == before
    assert [call for call in shops.sandbox.requests("streak") if call["method"] != "GET"] == []
    with pytest.raises(FatalRunError, match=r"Nothing was written"):
        other(shops, *theirs, dry_run=True)


@pytest.mark.parametrize("count", [1, 30])
def test_few_records_and_many_are_enough_to_refuse(shops: Any, count: int) -> None:
    shops.run(*(order(shops, number) for number in range(30)))
    before = shops.sandbox.snapshot()
    shops.lose_ledger()
    people = [shops.contact(f"P{number}", emailAddresses=[f"p{number}@b.example"]) for number in range(50)]
    theirs = [order(shops, number, "B", fields={"Total": 1.23}, date=LATER) for number in range(count)]
    with pytest.raises(FatalRunError, match="these boxes belong to another shop"):
        other(shops, *people, *theirs)
    assert shops.sandbox.snapshot() == before


def test_in_two_ledgers_with_pipelines_of_their_own_nothing_is_shared(shops: Any) -> None:
    shops.run(*everything(shops, "SO"))
    before = world(shops, "SO")
    shops.lose_ledger()
    properties = shops.properties

    def theirs(stream: str) -> Any:
        named = properties(stream)
        return named | (
            {"pipelineName": named["pipelineName"] | {"enum": ["Key Accounts"]}} if stream == "boxes" else {}
        )

    shops.properties = theirs
    ran = other(shops, *everything(shops, "B", pipelineName="Key Accounts"))
    assert ran.counts["streams"]["boxes"] == {"created": 3}
    assert world(shops, "SO") == before


def test_a_mark_lets_two_shops_share_a_pipeline_though_they_have_two_ledgers(shops: Any) -> None:
    shops.custom_fields["Shop"] = {"type": "string", "x-sync": {"shop_mark": True}}
    ours = [order(shops, number, fields={"Shop": "north"}) for number in range(3)]
    theirs = [order(shops, number, "B", fields={"Shop": "south"}) for number in range(3)]
    shops.run(*ours)
    before = world(shops, "SO")
    first = shops.settings["ledger_url"]
    shops.lose_ledger()
    assert other(shops, *theirs).counts["streams"] == {"boxes": {"created": 3}}
    assert world(shops, "SO") == before
    assert shops.run(*ours, ledger_url=first).calls == []
    shops.lose_ledger()
    everything_there = shops.sandbox.snapshot()
    assert shops.run(*ours).writes == []
    assert shops.sandbox.snapshot() == everything_there


def test_a_lost_ledger_of_both_shops_finds_each_its_own(shops: Any) -> None:
    ours, theirs = everything(shops, "SO"), everything(shops, "B")
    shops.run(*ours)
    other(shops, *theirs)
    before = shops.sandbox.snapshot()
    shops.lose_ledger()
    other(shops, *theirs)
    shops.run(*ours)
    assert shops.sandbox.snapshot() == before


def test_after_people_edited_them_our_own_boxes_are_still_ours(shops: Any) -> None:
    ours = [order(shops, number) for number in range(5)]
    shops.run(*ours)
    boxes = shops.stored("boxes")
    fields = {field["name"]: field["key"] for field in shops.stored("pipelines")[0]["fields"]}
    shops.person("POST", f"/v1/boxes/{boxes[0]['key']}", {"name": "Big one"})
    shops.move("Won", boxes[1])
    shops.person("POST", f"/v1/boxes/{boxes[2]['key']}", {"name": "x", "fields": {fields["Total"]: "1.00"}})
    shops.person("POST", f"/v1/boxes/{boxes[3]['key']}", {"fields": {fields["Order Number"]: "typed over"}})
    pipeline = next(each for each in shops.stored("pipelines") if each["name"] == "Key Accounts")
    shops.person("POST", f"/v1/boxes/{boxes[4]['key']}", {"pipelineKey": pipeline["key"]})
    shops.lose_ledger()
    shops.run(*ours)
    assert [box["key"] for box in shops.stored("boxes")] == [box["key"] for box in boxes]


def test_a_rebuilt_ledger_is_held_to_the_same(shops: Any) -> None:
    shops.run(*everything(shops, "SO"))
    before = shops.sandbox.snapshot()
    shops.lose_ledger()
    scan = shops.shell("rebuild-links", stdin=json.dumps(shops.schema("boxes")) + "\n")
    assert "3 linked now" in scan.stdout
    with pytest.raises(FatalRunError, match="these boxes belong to another shop"):
        other(shops, *everything(shops, "B"))
    letters = other(shops, shops.comment(0, "payment:9", message="Paid B"))
    assert letters.counts["streams"]["comments"] == {"waiting": 1}
    assert shops.sandbox.snapshot() == before


def test_a_ledger_of_the_version_before_is_claimed_by_its_own_shop_alone(shops: Any) -> None:
    ours = everything(shops, "SO")
    shops.origin = None
    shops.run(*ours)
    before = shops.sandbox.snapshot()
    with pytest.raises(FatalRunError, match="belong to another shop: what the ledger knows as 'default'"):
        other(shops, *everything(shops, "B"))
    shops.origin = OURS
    assert shops.run(*ours).calls == []
    assert shops.sandbox.snapshot() == before
    assert other(shops, *everything(shops, "B")).counts["streams"]["boxes"] == {"created": 3}


def test_a_shop_at_a_new_address_is_no_second_shop_once_that_is_said(shops: Any) -> None:
    ours = everything(shops, "SO")
    shops.run(*ours)
    before = shops.sandbox.snapshot()
    assert shops.shell("renamed", OURS, OTHER).returncode == 0
    assert other(shops, *ours).calls == []
    assert shops.sandbox.snapshot() == before


def test_a_second_shop_that_looks_like_the_first_is_asked_about(shops: Any) -> None:
    shops.run(*everything(shops, "SO"))
    ran = other(shops, *everything(shops, "SO"))
    assert f"`target-streak renamed {OURS} {OTHER}` first" in ran.log
    assert ran.counts["streams"]["boxes"] == {"created": 3}


def test_one_pipe_brings_one_source(shops: Any) -> None:
    first, second = json.dumps(shops.schema("boxes")), shops.schema("contacts")
    second["schema"]["x-origin"] = OTHER
    with pytest.raises(FatalRunError, match=f"two sources, {OURS} and {OTHER}"):
        shops.feed(f"{first}\n{json.dumps(second)}\n")


def test_a_box_that_a_person_gave_another_orders_id_stays_its_orders(shops: Any) -> None:
    shops.run(order(shops, 1))
    box = shops.only("boxes")
    field = next(each["key"] for each in shops.stored("pipelines")[0]["fields"] if each["name"] == "Order ID")
    shops.person("POST", f"/v1/boxes/{box['key']}", {"fields": {field: "100002"}})
    shops.run(order(shops, 2))
    assert len(shops.stored("boxes")) == 2
    shops.run(order(shops, 1, fields={"Total": 3.5}, at=LATER))
    assert [shops.fields(each)["Order ID"] for each in shops.stored("boxes")] == ["100001", "100002"]


def test_a_lost_id_that_the_way_back_saw_is_written_again(shops: Any) -> None:
    shops.run(order(shops, 1))
    box = shops.only("boxes")
    field = next(each["key"] for each in shops.stored("pipelines")[0]["fields"] if each["name"] == "Order ID")
    shops.person("POST", f"/v1/boxes/{box['key']}", {"fields": {field: ""}})
    with shops.ledger() as ledger:
        ledger.bindings.bind("lost its id", "boxes", "100001", "100001")
    assert shops.run(order(shops, 1)).writes == [f"POST /v1/boxes/{box['key']}"]
    assert shops.fields()["Order ID"] == "100001"
    assert shops.run(order(shops, 1)).calls == []
