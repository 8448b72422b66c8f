"""The tap ends cleanly when it is told to, and when nobody reads it any more."""

import json
import signal
import subprocess
import sys
from typing import Any

from sandbox.testing import Sandbox


def start(sandbox: Sandbox, config: Any) -> "subprocess.Popen[bytes]":
    settings = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key, "requests_per_second": 10_000}
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "tap_streak", "--config", str(config)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_sigterm_leaves_whole_lines_and_a_state_that_resumes(
    runs: Any, crm: Any, sandbox: Sandbox, tmp_path: Any
) -> None:
    made = crm.boxes(600, notes="x" * 1000)
    with start(sandbox, tmp_path / "config.json") as process:
        assert process.stdout
        assert process.stderr
        # the pipe is full when the signal comes: nobody has read more than these lines
        head = [process.stdout.readline() for _ in range(260)]
        process.send_signal(signal.SIGTERM)
        messages = [json.loads(line) for line in [*head, *process.stdout.readlines()]]
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 0
    seen = {
        message["record"]["key"] for message in messages if message["type"] == "RECORD" and message["stream"] == "boxes"
    }
    state = next(message["value"] for message in reversed(messages) if message["type"] == "STATE")
    assert 100 <= len(seen) < 600
    assert seen | set(runs.sync("boxes", state=state).keys()) == {box["key"] for box in made}


def test_a_reader_that_has_gone_ends_the_tap_without_fuss(crm: Any, sandbox: Sandbox, tmp_path: Any) -> None:
    crm.boxes(600, notes="x" * 1000)
    with start(sandbox, tmp_path / "config.json") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    assert b"Traceback" not in said
