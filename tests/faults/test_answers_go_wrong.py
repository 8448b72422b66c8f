"""Whatever goes wrong on the way into Streak, each record arrives once, with its values and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from delivery import last_state
from wrong_answers import ALONE, SEEDS, THOROUGH, mixed

if TYPE_CHECKING:
    from delivery import Delivery

RECORDS = "/(boxes|contacts|organizations|tasks|comments)"
FEW = {} if THOROUGH else {"times": 6}


def test_without_a_fault_all_is_there(delivery: Delivery) -> None:
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == []


@pytest.mark.parametrize("name", ALONE)
def test_each_fault_alone(delivery: Delivery, name: str) -> None:
    delivery.sandbox.faults([{"match": {"system": "streak", "path": RECORDS}, **FEW, **ALONE[name]}])
    states = delivery.run(delivery.everything)
    assert states[-1] == last_state(delivery.everything)
    if "success:false" in name:  # who insists on it is set aside
        delivery.sandbox.faults([])
        delivery.run(delivery.everything)
    assert delivery.findings() == []


@pytest.mark.parametrize("seed", SEEDS)
def test_all_faults_at_once_on_a_fifth_of_all_calls(delivery: Delivery, seed: int) -> None:
    delivery.sandbox.faults(mixed(seed, 0.2, {"system": "streak"}))
    delivery.stops(delivery.opening)
    delivery.stops(delivery.everything)
    delivery.sandbox.faults([])
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == []
