"""The supervisor with real processes: whatever is killed comes back, once, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import pytest
from live_project import MAPPER, PATIENCE, TAP, TARGET, LiveProject
from sync_console.live.processes import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[LiveProject]:
    made = LiveProject.make(tmp_path)
    yield made
    made.close()


def test_each_process_is_killed_and_comes_back_once(project: LiveProject) -> None:
    project.start("to-streak")
    project.wait_for(project.whole)
    for name in (TAP, MAPPER, TARGET, "meltano"):
        (victim,) = project.part(name) if name != "meltano" else project.meltano()
        before = {one.pid for one in project.processes()}
        victim.kill()
        took = project.wait_for(partial(project.whole_without, before))
        print(f"{name} killed: whole again after {took:.1f} s")  # noqa: T201 - pytest -s shows it
    supervisor = project.supervisors[-1]
    before = {one.pid for one in project.processes()}
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    project.start("to-streak")  # as systemd does
    took = project.wait_for(partial(project.whole_without, before))
    print(f"supervisor killed: whole again after {took:.1f} s")  # noqa: T201
    readers = project.readers()
    assert len(readers) == len(set(readers)) == 6  # none read while another did
    project.supervisors[-1].terminate()
    assert project.supervisors[-1].wait(PATIENCE) == 0
    assert project.processes() == []


def test_both_pipelines_run_with_their_share_until_they_are_told_to_stop(project: LiveProject) -> None:
    project.environment["SYNC_CONSOLE_LIVE_REQUESTS_PER_SECOND"] = "9"
    (project.folder / ".env").write_text("TARGET_STREAK_REQUESTS_PER_SECOND=6\n")
    supervisor = project.start()
    project.wait_for(lambda: [one["up"] for one in project.heartbeat()["pipelines"].values()] == [True, True])
    project.wait_for(lambda: all(one["last_state"] for one in project.heartbeat()["pipelines"].values()))
    assert project.run("--check").returncode == 0
    second = project.run()
    assert second.returncode == 1
    assert f"another supervisor keeps the pipelines running: process {supervisor.pid} on" in second.stderr
    told = json.loads((project.folder / "settings").read_text())
    assert told == {"requests_per_second": 7}  # 9 less a quarter for the tap; .env is what scheduled runs keep to
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(PATIENCE) == 0
    assert project.processes() == []
    log = project.log.read_text()
    assert "[to-streak] " in log
    assert "Incremental state" not in log  # one a second; the heartbeat tells it
    assert "[to-clarity] is up" in log
    assert "nothing is left running" in log
    told = project.run("--check")
    assert told.returncode == 1
    assert "to-streak is down" in told.stdout


def test_what_a_killed_supervisor_left_is_ended_and_a_pipeline_that_fails_is_tried_again(project: LiveProject) -> None:
    (project.folder / "plugin").write_text("#!/bin/sh\necho 'no such shop' >&2\nexit 3\n")
    orphan = subprocess.Popen(["sleep", "600"], env={**project.environment, MARK: f"{project.mark}to-clarity:"})
    supervisor = project.start("to-clarity")
    assert orphan.wait(PATIENCE) == -signal.SIGTERM
    project.wait_for(lambda: any(one["restarts"] > 1 for one in project.heartbeat()["pipelines"].values()))
    supervisor.terminate()
    assert supervisor.wait(PATIENCE) == 0
    log = project.log.read_text()
    assert "no such shop" in log
    assert "[to-clarity] ended with exit code 1" in log
    assert "starts again in" in log
    assert project.run("--check").returncode == 1


def test_outside_of_a_project_it_says_so(project: LiveProject) -> None:
    (project.folder / "meltano.yml").unlink()
    told = project.run()
    assert told.returncode == 1
    assert "there is no meltano.yml here" in told.stderr
    assert "there is no heartbeat" in project.run("--check").stdout
