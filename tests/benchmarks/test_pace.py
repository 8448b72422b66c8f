"""The target's pace: lanes side by side, a stuck record, the allowed rate. `make bench` measures for longer."""

from __future__ import annotations

import json
import os
import select
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pace
from pace import SCHEMA, box
from piping import environment

if TYPE_CHECKING:
    from running import Pipe
    from sandbox.testing import Sandbox

LANES = 8


def test_independent_records_are_written_side_by_side(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.limits(latency_ms=300)
    run = pace.write(sandbox, tmp_path, [SCHEMA, *map(box, range(80))], concurrency=LANES)
    assert len(run.creates) == 80
    assert pace.most_at_once(run.creates) == LANES


def test_a_stuck_record_delays_no_other_and_no_state_passes_it(sandbox: Sandbox, tmp_path: Path) -> None:
    run, path = pace.stick(sandbox, tmp_path, seconds=8, others=50)
    stuck, later = (one for one in run.requests if one.path.endswith(path) and one.method == "POST")
    assert stuck.answered - stuck.came > 7.9  # the clock of a loop may be a little early
    assert len(run.creates) == 50
    assert max(one.answered for one in run.creates) < stuck.answered
    assert later.came >= stuck.answered
    passed = [at for at, value in run.states if value != {"done": -1}]
    assert min(passed) >= stuck.answered
    assert run.states[-1][1] == {"done": "all"}


def test_the_allowed_rate_is_not_exceeded(pipe: Pipe, sandbox: Sandbox) -> None:
    sandbox.reset("demo")
    assert len(sandbox.snapshot()["clarity"]["orders"]) >= 200
    sandbox.limits(streak={"rps": 100})
    pipe.target_config |= {"requests_per_second": 100}
    sandbox.clear_requests()
    pipe.run(full_refresh=True)
    asked = pace.backfill(pace.requests(sandbox))
    assert pace.share_refused(asked) < 0.01
    assert pace.most_in_a_second(asked) <= 100 + LANES  # what every lane sent may come late together


def test_all_lanes_wait_for_the_same_instant(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.limits(latency_ms=50)
    storm = {
        "match": {"system": "streak", "method": "POST"},
        "do": "429",
        "after": 20,
        "times": LANES,
        "retry_after": 4,
    }
    sandbox.faults([storm])
    run = pace.write(sandbox, tmp_path, [SCHEMA, *map(box, range(60))], concurrency=LANES)
    refused = [one for one in run.requests if one.status == 429]
    assert 1 <= len(refused) <= LANES
    over = min(one.answered for one in refused)
    assert not [one for one in run.requests if over + 1 < one.came < over + 3.95]
    back = [one for one in run.requests if one.came >= over + 3.95]
    assert back[LANES - 1].came - back[0].came < 2
    assert len({one["name"] for one in sandbox.snapshot()["streak"]["boxes"]}) == 60


def test_what_waits_behind_a_stuck_record_is_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults([{"match": {"system": "streak", "method": "POST"}, "do": "hang", "seconds": 60}])
    line = json.dumps(box(0, notes="x" * (1 << 19))).encode() + b"\n"
    config = pace.target_settings(sandbox, tmp_path)
    with subprocess.Popen([*pace.TARGET, "--config", config], stdin=subprocess.PIPE, env=environment()) as target:
        assert target.stdin
        os.set_blocking(target.stdin.fileno(), False)
        took = pour(target.stdin.fileno(), json.dumps(SCHEMA).encode() + b"\n" + line * 128)
        memory = Path(f"/proc/{target.pid}/status").read_text()
        target.kill()
    assert 31 << 20 < took < 36 << 20
    assert int(memory.partition("VmHWM:")[2].split()[0]) < 200 << 10


def pour(pipe: int, data: bytes) -> int:
    """Write until the reader takes no more for five seconds; returns how much it took."""
    left = memoryview(data)
    while left and select.select([], [pipe], [], 5 if len(left) < len(data) - (1 << 20) else 20)[1]:
        left = left[os.write(pipe, left) :]
    return len(data) - len(left)
