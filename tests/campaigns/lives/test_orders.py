"""What can happen to an order in the shop, and what Streak shows of it."""

from __future__ import annotations

from collections.abc import Generator

from storytelling import Round, World, life

Lived = Generator[None, Round, None]


@life
def test_an_order_is_cancelled(world: World) -> Lived:
    world.shop.registers("C-1", "ann@gmail.com")
    world.shop.orders(1001, "C-1", "ann@gmail.com", status="confirmed")
    now = yield
    assert now.box(1001)["stage"] == "In Fulfillment"
    world.shop.sets(1001, status="cancelled")
    now = yield
    box = now.box(1001)
    assert (box["stage"], box["comments"]) == ("Lost", ["Order status changed to cancelled"])
    assert now.order(1001) == ("cancelled", 2)


@life
def test_an_order_is_refunded_in_part(world: World) -> Lived:
    world.shop.orders(1002, None, "part@gmail.com", status="completed")
    world.shop.pays(1002, "PAY-2", 208.38)
    now = yield
    assert now.box(1002)["comments"] == ["Payment captured: 208.38 USD, card …4242"]
    world.shop.pays(1002, "PAY-2R", 50, "partially_refunded")
    now = yield
    box = now.box(1002)
    assert (box["stage"], box["fields"]["Total"]) == ("Won", "208.38")
    assert box["comments"][1:] == ["Payment partially refunded: 50.00 USD, card …4242"]
    assert now.order(1002) == ("completed", 1)


@life
def test_an_order_is_refunded_in_full(world: World) -> Lived:
    world.shop.orders(1003, None, "full@gmail.com", status="completed")
    yield
    world.shop.sets(1003, status="refunded")
    world.shop.pays(1003, "PAY-3R", 208.38, "refunded")
    now = yield
    box = now.box(1003)
    assert box["stage"] == "Refunded"
    assert sorted(box["comments"]) == [
        "Order status changed to refunded",
        "Payment refunded: 208.38 USD, card …4242",
    ]
    assert now.order(1003) == ("refunded", 2)


@life
def test_an_order_is_returned_in_a_shop_with_a_status_of_its_own(world: World) -> Lived:
    world.shop.orders(1004, None, "back@gmail.com", status="shipped")
    yield
    world.shop.sets(1004, status="returned")
    now = yield
    assert now.box(1004)["stage"] == "Shipped"
    (reason,) = now.reasons("orders", 1004)
    assert "table 'stages' has no row for 'returned'; add one" in reason
    world.shop.sets(1004, status="refunded")
    now = yield
    box = now.box(1004)
    assert (box["stage"], now.reasons("orders", 1004)) == ("Refunded", [])
    assert box["comments"] == ["Order status changed to returned", "Order status changed to refunded"]
    assert now.order(1004) == ("refunded", 3)


@life
def test_an_order_is_edited_after_shipping(world: World) -> Lived:
    world.shop.orders(1005, None, "more@gmail.com", status="shipped", customerNote="Ring twice")
    now = yield
    before = now.box(1005)
    (item,) = now.orders(1005)[0]["lineItems"]
    two = [item, {**item, "lineId": "2", "sku": "NUT-M8", "name": "Nut M8", "quantity": 4}]
    world.shop.changes("orders", "1005", lineItems=two, totalAmount=280.38, customerNote="Leave at the door")
    now = yield
    box = now.box(1005)
    assert (box["stage"], box["notes"], box["fields"]["Total"]) == ("Shipped", "Leave at the door", "280.38")
    assert box["fields"]["Items"] == "10 × Bolt M8 (BOLT-M8) at 18.00; 4 × Nut M8 (NUT-M8) at 18.00"
    assert (box["key"], box["comments"], box["tasks"]) == (before["key"], [], before["tasks"])
    assert now.order(1005) == ("shipped", 2)


@life
def test_a_test_order_leaves_no_trace(world: World) -> Lived:
    world.shop.registers("C-6", "tester@trial.example")
    world.shop.orders(1006, "C-6", "tester@trial.example", isTest=True)
    world.shop.pays(1006, "PAY-6", 208.38)
    now = yield
    world.shop.sets(1006, status="shipped")
    now = yield
    assert now.boxes(1006) == []
    assert now.reasons("comments") == []
    assert now.order(1006) == ("shipped", 2)


@life
def test_an_order_is_deleted_at_the_shop(world: World) -> Lived:
    world.shop.orders(1007, None, "gone@gmail.com", status="confirmed")
    now = yield
    box = now.box(1007)
    world.shop.deletes(1007)
    world.sales.moves(box, "On Hold")
    now = yield
    assert now.box(1007)["stage"] == "On Hold"
    assert now.orders(1007) == []
    assert len(now.said("orders 1007 was deleted")) == 1
    world.sales.moves(now.box(1007), "Shipped")
    now = yield
    assert (now.orders(1007), now.said("1007"), now.reasons("orders", 1007)) == ([], [], [])
