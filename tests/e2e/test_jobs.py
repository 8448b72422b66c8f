"""The jobs of the project: a job keeps apart from itself, the two directions may overlap."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from shop import customer, order

if TYPE_CHECKING:
    from running import Meltano

GUARD = "already running"


def test_a_job_runs_once_at_a_time_and_the_other_direction_beside_it(meltano: Meltano) -> None:
    sandbox = meltano.sandbox
    sandbox.load([customer(), order()])
    sandbox.faults([{"match": {"system": "clarity", "path": "/orders"}, "times": 1, "do": "hang"}])
    first = meltano.start("run", "orders-to-boxes")
    try:
        until = time.monotonic() + 60
        while not sandbox.requests("clarity") and time.monotonic() < until:
            assert first.poll() is None
            time.sleep(0.1)
        second = meltano("run", "orders-to-boxes", expect=1)
        assert GUARD in second.log, second.log
        assert sandbox.snapshot()["streak"]["boxes"] == []
        meltano("run", "boxes-to-orders")
        assert first.poll() is None
    finally:
        os.killpg(first.pid, signal.SIGTERM)
        first.wait(30)
    meltano("run", "orders-to-boxes")
    (box,) = sandbox.snapshot()["streak"]["boxes"]
    assert box["name"].startswith("SO-")
