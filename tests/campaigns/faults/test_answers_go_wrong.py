"""Whatever goes wrong on the way into Streak, or back into the shop: each record arrives once, values and links too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery import last_state
from wrong_answers import ALONE, SEEDS, THOROUGH, WHEN_WRITING, back, mixed, there_and_back

if TYPE_CHECKING:
    from delivery import Delivery

QUICK = sorted(WHEN_WRITING - {"time-out after the effect", "time-out, then the effect"} | {"reset", "truncated JSON"})
FEW = {} if THOROUGH else {"times": 6}


@there_and_back
def test_without_a_fault_all_is_there(delivery: Delivery) -> None:
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == []


@pytest.mark.parametrize("name", ALONE)
def test_each_fault_alone(delivery: Delivery, name: str) -> None:
    assert_survived(delivery, name)


@back
@pytest.mark.parametrize("name", ALONE if THOROUGH else QUICK)
def test_each_fault_alone_on_the_way_back(delivery: Delivery, name: str) -> None:
    assert_survived(delivery, name)


def assert_survived(delivery: Delivery, name: str) -> None:
    delivery.sandbox.faults([{"match": {"system": delivery.system, "path": delivery.calls}, **FEW, **ALONE[name]}])
    states = delivery.run(delivery.everything)
    assert states[-1] == last_state(delivery.everything)
    if "success:false" in name:  # who insists on it is set aside
        delivery.sandbox.faults([])
        delivery.run(delivery.everything)
    assert delivery.findings() == []


@there_and_back
@pytest.mark.parametrize("seed", SEEDS)
def test_all_faults_at_once_on_a_fifth_of_all_calls(delivery: Delivery, seed: int) -> None:
    delivery.sandbox.faults(mixed(seed, 0.2, {"system": delivery.system}))
    delivery.stops(delivery.opening)
    delivery.stops(delivery.everything)
    delivery.sandbox.faults([])
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == []
