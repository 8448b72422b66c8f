"""The tap ends cleanly when it is told to, and when nobody reads it any more."""

import json
import signal
import subprocess
import sys
from typing import Any

from sandbox.testing import Sandbox


def start(sandbox: Sandbox, config: Any) -> "subprocess.Popen[bytes]":
    config.write_text(json.dumps({"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key, "page_size": 50}))
    command = [sys.executable, "-m", "tap_clarity", "--config", str(config)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_sigterm_leaves_whole_lines_and_a_state_that_resumes(
    runs: Any, shelves: Any, sandbox: Sandbox, tmp_path: Any
) -> None:
    made = shelves.orders(600, customerNote="x" * 1000)
    with start(sandbox, tmp_path / "config.json") as process:
        assert process.stdout
        assert process.stderr
        # the pipe is full when the signal comes: nobody has read more than these lines
        head = [process.stdout.readline() for _ in range(160)]
        process.send_signal(signal.SIGTERM)
        messages = [json.loads(line) for line in [*head, *process.stdout.readlines()]]
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 0
    seen = {message["record"]["orderId"] for message in messages if message["type"] == "RECORD"}
    state = next(message["value"] for message in reversed(messages) if message["type"] == "STATE")
    assert 100 <= len(seen) < 600
    assert seen | set(runs.sync("orders", state=state).ids()) == {order["orderId"] for order in made}


def test_a_reader_that_has_gone_ends_the_tap_without_fuss(shelves: Any, sandbox: Sandbox, tmp_path: Any) -> None:
    shelves.orders(600, customerNote="x" * 1000)
    with start(sandbox, tmp_path / "config.json") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    assert b"Traceback" not in said
