from __future__ import annotations

from collections.abc import Callable

import pytest

Find = Callable[[str], list[str]]
TWO = """\
flows:
  first: {from: shop.orders, to: crm.boxes, fields: {externalId: {first_id}, name: number, notes: note}}
  second: {from: shop.customers, to: {to}, {keys} fields: {externalId: {second_id}, name: name, notes: email}}
"""


def two(first_id: str = "orderId", second_id: str = "customerId", to: str = "crm.boxes", keys: str = "") -> str:
    text = TWO.replace("{first_id}", first_id).replace("{second_id}", second_id)
    return text.replace("{to}", to).replace("{keys}", keys)


CLASHES = [
    (two(), True),
    (two(keys="owns: false,"), False),
    (two(second_id='{template: "customer:{customerId}"}'), True),
    (two('{template: "order:{orderId}"}', '{template: "customer:{customerId}"}'), False),
    (two('{template: "{orderId}:box"}', '{template: "{customerId}:other"}'), False),
    (two('{template: "order:{orderId}"}', '{template: "order:{customerId}:x"}'), True),
]


@pytest.mark.parametrize(("text", "clash"), CLASHES)
def test_two_flows_own_nothing_together_unless_their_ids_never_meet(findings: Find, text: str, *, clash: bool) -> None:
    what = "owns name, notes of crm.boxes, as flow 'first' does (line 7); say owns: false in one of them"
    assert findings(text) == ([f"3: second: {what}"] if clash else [])


def test_all_flows_say_the_same_of_a_property(findings: Find) -> None:
    text = two(keys="owns: false, sync: {name: {shared: false}},").replace(
        "fields: {externalId: orderId", "sync: {name: {shared: true}}, fields: {externalId: orderId"
    )
    assert findings(text) == ["3: second.sync.name: shared is True in flow 'first', here it is False"]
