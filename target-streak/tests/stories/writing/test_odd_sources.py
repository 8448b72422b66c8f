"""What a source says of time and version, however odd: carried, or set aside with its reason; never lost in silence."""

from __future__ import annotations

from typing import Any

import pytest

DAY = "2026-03-0{}T12:00:00Z"


def order(shop: Any, total: int, version: Any, updated_at: Any) -> Any:
    source = {"key": "100001", "updatedAt": updated_at, "version": version}
    values = {"name": "Order 100001", "pipelineName": "Web Orders", "stageName": "New Order"}
    fields = {"Order ID": "100001", "Total": total}
    return shop.record("boxes", "100001", "order-box", source, **values, fieldValues=fields)


def test_a_shop_that_was_restored_from_a_backup_is_followed(shop: Any) -> None:
    shop.run(order(shop, 1, 3, DAY.format(1)), order(shop, 2, 6, DAY.format(2)))
    restored = shop.run(order(shop, 3, 4, DAY.format(3)))
    assert shop.fields()["Total"] == "3"
    assert restored.counts["streams"] == {"boxes": {"updated": 1}}
    said = [line for line in restored.log.splitlines() if "restored from a backup" in line]
    assert len(said) == 1
    assert "boxes: the source's version of one record went back" in said[0]
    assert shop.run(order(shop, 3, 4, DAY.format(3))).calls == []
    assert "restored" not in shop.run(order(shop, 4, 5, DAY.format(4))).log
    assert shop.fields()["Total"] == "4"


def test_many_are_said_once_with_how_many(shop: Any) -> None:
    def orders(version: int, day: int, total: int) -> list[Any]:
        boxes = [shop.box(number, at=DAY.format(day), fields={"Total": total}) for number in range(1, 8)]
        for box in boxes:
            box["record"]["_source"]["version"] = version
        return boxes

    shop.run(*orders(6, 2, 1))
    ran = shop.run(*orders(4, 3, 2), *orders(4, 3, 2))
    assert sum("restored from a backup" in line for line in ran.log.splitlines()) == 1
    assert "boxes: the source's version of 7 records went back" in ran.log


@pytest.mark.parametrize(("version", "day"), [(4, 1), (4, 2), (5, 1), (None, 1)])
def test_an_older_state_that_comes_late_or_again_stays_out(version: Any, day: int, shop: Any) -> None:
    shop.run(order(shop, 5, 5, DAY.format(2)))
    ran = shop.run(order(shop, 4, version, DAY.format(day)))
    assert shop.fields()["Total"] == "5"
    assert ran.counts["streams"] == {"boxes": {"stale": 1}}
    assert "restored" not in ran.log


ODD: list[Any] = [
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-05:00",
    "9999-12-31T23:59:59Z",
    "2026-03-02T12:00:60Z",
    "2026-03-02T24:00:00Z",
    "0000-00-00 00:00:00",
    "garbage",
    "",
    None,
    5,
    1e300,
    True,
    [],
    {"a": "b"},
    "x" * 5000,
    "2026-03-02\x0012:00:00Z",
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:30])
def test_an_odd_time_of_change_never_blocks_what_comes_after(odd: Any, shop: Any) -> None:
    first = shop.run(order(shop, 1, None, odd), order(shop, 2, None, odd))
    assert "Traceback" not in first.log
    assert "has a fault" not in first.log
    later = shop.run(order(shop, 3, None, DAY.format(3)), order(shop, 4, None, DAY.format(4)))
    done = {"updated": 2} if isinstance(odd, str | None) else {"created": 1, "updated": 1}  # others are set aside
    assert later.counts["streams"] == {"boxes": done}
    assert shop.fields()["Total"] == "4"
    assert shop.letters() == []


@pytest.mark.parametrize("odd", [date for date in ODD if date is not None], ids=lambda odd: repr(odd)[:30])
def test_an_odd_date_of_an_effect_is_compared_or_set_aside(odd: Any, shop: Any) -> None:
    shop.run(shop.box())
    comment = shop.comment()
    comment["record"]["_source"]["date"] = odd
    ran = shop.run(comment, shop.comment(name="payment:P2:captured", message="second"))
    assert "Traceback" not in ran.log
    assert "has a fault" not in ran.log
    written = {row["message"] for row in shop.stored("comments")}
    assert "second" in written
    letters = shop.letters()
    too_old = ran.counts["streams"]["comments"].get("unchanged", 0)
    assert len(written) - 1 + len(letters) + too_old == 1
