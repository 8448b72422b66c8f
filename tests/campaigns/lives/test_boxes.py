"""What people do to boxes, and that it stays done."""

from __future__ import annotations

from collections.abc import Generator

from storytelling import Round, World, life

Lived = Generator[None, Round, None]


@life
def test_a_box_that_a_person_deleted_stays_deleted(world: World) -> Lived:
    world.shop.orders(1201, None, "unwanted@gmail.com", status="confirmed")
    now = yield
    world.sales.deletes(now.box(1201))
    world.shop.sets(1201, status="shipped")
    world.shop.pays(1201, "PAY-201", 208.38)
    now = yield
    assert now.boxes(1201) == []
    assert len(now.said("1201", "deleted")) == 1
    world.shop.sets(1201, status="completed")
    now = yield
    assert now.boxes(1201) == []
    assert now.said("1201") == []
    assert now.reasons("comments", 1201) + now.reasons("comments", "PAY-201") == []
    assert now.order(1201) == ("completed", 3)


@life
def test_that_a_box_was_deleted_is_noticed_when_money_comes_in_too(world: World) -> Lived:
    world.shop.orders(1203, None, "silent@gmail.com", status="confirmed")
    now = yield
    world.sales.deletes(now.box(1203))
    world.shop.pays(1203, "PAY-203", 208.38)
    now = yield
    assert len(now.said("boxes 1203 was deleted")) == 1
    world.shop.sets(1203, status="shipped")
    now = yield
    assert (now.boxes(1203), now.said("1203"), now.reasons("comments", "203")) == ([], [], [])
    assert now.order(1203) == ("shipped", 2)


@life
def test_a_box_that_was_moved_to_another_pipeline_is_kept_in_step_there(world: World) -> Lived:
    world.shop.orders(1202, None, "moved@gmail.com", status="confirmed")
    now = yield
    before = now.box(1202)
    world.sales.moves(before, "In Fulfillment", pipeline="Key Accounts")
    world.shop.sets(1202, status="shipped")
    now = yield
    box = now.box(1202)
    assert (box["key"], box["pipeline"], box["stage"]) == (before["key"], "Key Accounts", "Shipped")
    assert box["fields"]["Order ID"] == "1202"
    assert now.order(1202) == ("shipped", 2)
    world.sales.moves(box, "Won")
    now = yield
    assert (now.order(1202), now.box(1202)["stage"]) == (("completed", 3), "Won")
