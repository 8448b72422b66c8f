"""What somebody changes in the set-up of a pipeline, and what becomes of the records that need it.

All of it happens in the pipeline of the large orders, so that the others go on undisturbed.
"""

from __future__ import annotations

from collections.abc import Generator

from storytelling import Round, World, life

Lived = Generator[None, Round, None]


@life
def test_a_stage_that_was_renamed_is_followed(world: World) -> Lived:
    world.shop.company_registers("C-301", "buyer@renamer.example")
    world.shop.orders(1301, "C-301", "buyer@renamer.example", totalAmount=20000, status="confirmed")
    world.shop.orders(1309, "C-301", "buyer@renamer.example", totalAmount=20000, status="confirmed")
    now = yield
    assert now.box(1301)["pipeline"] == "Key Accounts"
    world.sales.moves(now.box(1309), "On Hold")
    world.sales.renames_stage("Key Accounts", "On Hold", "Parked")
    world.shop.sets(1301, status="on_hold")
    now = yield
    assert now.box(1301)["stage"] == "Parked"
    assert len(now.said("stage 'On Hold'", "is called 'Parked' in Streak now")) == 1
    assert now.order(1301) == ("on_hold", 2)
    # the way back knows a stage by the name that the mapping has, so this move waits for the mapping to be told
    assert (now.box(1309)["stage"], now.order(1309)) == ("Parked", ("confirmed", 1))


@life
def test_records_that_need_a_stage_that_was_deleted_are_set_aside(world: World) -> Lived:
    world.shop.company_registers("C-302", "buyer@deleter.example")
    world.shop.orders(1302, "C-302", "buyer@deleter.example", totalAmount=20000, status="confirmed")
    yield
    world.sales.deletes_stage("Key Accounts", "Refunded")
    world.shop.sets(1302, status="refunded")
    world.shop.orders(1303, "C-302", "buyer@deleter.example", totalAmount=20000, status="refunded")
    now = yield
    assert now.box(1302)["stage"] == "In Fulfillment"
    reason = "stage 'Refunded' of pipeline 'Key Accounts' was deleted in Streak"
    assert [now.reasons("boxes", number) for number in (1302, 1303)] == [[reason], [reason]]
    assert len(now.said("warning", reason, "records that need it are rejected")) == 1
    assert now.order(1302) == ("refunded", 2)


@life
def test_records_that_a_field_of_another_type_cannot_hold_are_set_aside(world: World) -> Lived:
    world.shop.company_registers("C-303", "buyer@retyper.example")
    world.shop.orders(1304, "C-303", "buyer@retyper.example", totalAmount=20000, trackingNumber="1Z-4")
    now = yield
    assert now.box(1304)["fields"]["Tracking Number"] == "1Z-4"
    world.sales.makes_anew("Key Accounts", "Tracking Number", "PERSON")
    world.shop.sets(1304, status="confirmed")
    world.shop.orders(1305, "C-303", "buyer@retyper.example", totalAmount=20000, trackingNumber="1Z-5")
    world.shop.orders(1306, "C-303", "buyer@retyper.example", totalAmount=20000)
    now = yield
    assert [now.box(number)["stage"] for number in (1304, 1306)] == ["In Fulfillment", "New Order"]
    assert now.boxes(1305) == []
    said = "field 'Tracking Number' of pipeline 'Key Accounts' is a PERSON field, the records fill it with text"
    (reason,) = now.reasons("boxes", 1305)
    assert reason.startswith(said)
    assert len(now.said(said, "records that need it are rejected")) == 1
    assert now.order(1305) == ("pending", 1)


@life
def test_records_that_need_an_option_that_was_removed_are_set_aside(world: World) -> Lived:
    world.shop.company_registers("C-304", "buyer@optional.example")
    world.shop.orders(1307, "C-304", "buyer@optional.example", totalAmount=20000)
    yield
    yield
    world.sales.removes_option("Key Accounts", "Customer Type", "Company")
    world.shop.orders(1308, "C-304", "buyer@optional.example", totalAmount=20000)
    now = yield
    assert now.reasons("boxes", 1308) == [
        "option 'Company' of field 'Customer Type' of pipeline 'Key Accounts' was deleted in Streak"
    ]
    assert now.order(1308) == ("pending", 1)
