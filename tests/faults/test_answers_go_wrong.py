"""Whatever goes wrong on the way into Streak, each record arrives once, with its values and links.

FAULT_SEED draws the mixed faults otherwise.
"""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from delivery import last_state
from wrong_answers import ALONE, mixed

if TYPE_CHECKING:
    from delivery import Delivery

SEED = int(os.environ.get("FAULT_SEED", "1"))
RECORDS = "/(boxes|contacts|organizations|tasks|comments)"


def test_without_a_fault_all_is_there(delivery: Delivery) -> None:
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == []


@pytest.mark.parametrize("name", ALONE)
def test_each_fault_alone(delivery: Delivery, name: str) -> None:
    delivery.sandbox.faults([{"match": {"system": "streak", "path": RECORDS}, "times": 12, **ALONE[name]}])
    states = delivery.run(delivery.everything)
    assert states[-1] == last_state(delivery.everything)
    if "success:false" in name:  # who insists on it is set aside
        delivery.sandbox.faults([])
        delivery.run(delivery.everything)
    assert delivery.findings() == []


def test_all_faults_at_once_on_a_fifth_of_all_calls(delivery: Delivery) -> None:
    delivery.sandbox.faults(mixed(Random(SEED), 0.2, {"system": "streak"}))
    delivery.stops(delivery.opening)
    delivery.stops(delivery.everything)
    delivery.sandbox.faults([])
    assert delivery.run(delivery.everything)[-1] == last_state(delivery.everything)
    assert delivery.findings() == [], f"FAULT_SEED={SEED}"
