"""Whatever goes wrong between tap and shop, no record is missing; a tap that is killed repeats a hundred at most."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from backfill import IDS, Reading, backlog
from wrong_answers import ALONE, SEEDS, WHEN_WRITING, mixed

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox

STATE_INTERVAL = 100
KILLS = 3
LISTS = {"system": "clarity", "method": "GET"}
SYSTEMIC: dict[str, tuple[dict[str, Any], str]] = {
    "the key is revoked": ({"do": "status", "status": 401}, "does not accept api_key"),
    "a pause of an hour": ({"do": "429", "retry_after": 3600}, "answered 429"),
}


@pytest.fixture
def reading(sandbox: Sandbox, tmp_path: Path) -> Reading:
    """A tap before a shop with a few hundred orders."""
    sandbox.load(backlog())
    return Reading(sandbox, tmp_path)


@pytest.mark.parametrize("name", sorted(ALONE.keys() - WHEN_WRITING))
def test_each_fault_alone_while_reading(reading: Reading, name: str) -> None:
    reading.sandbox.faults([ALONE[name] | {"match": LISTS, "after": 3, "times": 1}])
    assert reading.here() == Counter(IDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_faults_on_a_fifth_of_all_answers(reading: Reading, seed: int) -> None:
    reading.sandbox.faults(mixed(seed, 0.2, LISTS))
    assert reading.here() == Counter(IDS)


@pytest.mark.parametrize("name", SYSTEMIC)
def test_a_shop_that_answers_no_more_ends_the_run_which_goes_on_later(reading: Reading, name: str) -> None:
    fault, said = SYSTEMIC[name]
    reading.sandbox.faults([{"match": LISTS, "after": 20, **fault}])
    ended = reading.to_its_end()
    assert ended.returncode == 1
    assert "Traceback" not in ended.log
    assert said in ended.log.splitlines()[-1]
    reading.sandbox.faults([])
    rest = reading.to_its_end()
    assert rest.returncode == 0
    assert set(ended.ids) | set(rest.ids) == set(IDS)
    assert len(ended.ids) + len(rest.ids) <= len(IDS) + STATE_INTERVAL


@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_backfill_goes_on_where_its_state_says(reading: Reading, seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # repeatable, not secret
    reading.sandbox.faults([{"match": LISTS, "do": "status", "status": 503, "rate": 0.05, "seed": seed}])
    seen: list[str] = []
    for _ in range(KILLS):
        ids = reading.until_killed(chance.randint(1, STATE_INTERVAL + 80))
        assert_goes_on(seen, ids)
        seen += ids
    rest = reading.to_its_end()
    assert rest.returncode == 0, rest.log
    assert_goes_on(seen, rest.ids)
    assert set(seen) | set(rest.ids) == set(IDS)


def assert_goes_on(seen: list[str], ids: list[str]) -> None:
    """What comes after a kill begins with no more than a STATE interval of what had come already."""
    assert len(set(seen) & set(ids)) <= STATE_INTERVAL
    assert ids == [one for one in IDS if one in set(ids)]
