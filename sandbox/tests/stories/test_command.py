"""The command `sandbox serve`."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox.testing import Sandbox, read_ports

SERVE = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]


@contextmanager
def running(*options: str, stop: signal.Signals = signal.SIGTERM) -> Iterator[Sandbox]:
    with subprocess.Popen([*SERVE, *options], stdout=subprocess.PIPE, text=True) as process:
        sandbox = Sandbox(**read_ports(process))
        yield sandbox
        sandbox.close()
        process.send_signal(stop)
        assert process.wait(60) == 0


def failure(*options: str) -> str:
    failed = subprocess.run([*SERVE, *options], capture_output=True, text=True, timeout=60, check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    return failed.stderr


def test_it_says_where_it_is_and_how_to_get_in() -> None:
    with subprocess.Popen([*SERVE, "--seed", "demo"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    ports = json.loads(lines[0].removeprefix("ready "))
    text = "".join(lines)
    assert f"http://127.0.0.1:{ports['clarity_port']}/api/v1" in text
    assert f"http://127.0.0.1:{ports['streak_port']}/api" in text
    for key in ("sandbox-clarity-key", "sandbox / sandbox-secret", "sandbox-streak-key", "seed demo"):
        assert key in text


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = f"sandbox: can't listen on port {port}: Address already in use; choose another with --streak-port\n"
        assert failure("--streak-port", str(port)) == line


def test_the_store_file_outlives_the_process(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "sandbox.json"))
    with running(*store, "--seed", "demo") as sandbox:
        shown = change(sandbox)
    with running(*store) as sandbox:
        assert sandbox.snapshot() == shown


def test_a_killed_sandbox_leaves_a_whole_file(tmp_path: Path) -> None:
    store = tmp_path / "sandbox.json"
    with subprocess.Popen([*SERVE, "--store", str(store)], stdout=subprocess.PIPE, text=True) as process:
        sandbox = Sandbox(**read_ports(process))
        sandbox.load([{"system": "clarity", "type": "orders", "record": {"orderId": "1"}}])
        while b'"orderId":"1"' not in store.read_bytes():
            pass
        sandbox.close()
        process.kill()
    with running("--store", str(store)) as sandbox:
        assert [order["orderId"] for order in sandbox.snapshot()["clarity"]["orders"]] == ["1"]


def test_a_file_that_is_no_store_is_one_clear_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert failure("--store", str(broken)).startswith(f"sandbox: can't use the store file {broken}: ")
    assert failure("--store", str(tmp_path / "no" / "where.json")).count("\n") == 1


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_even_while_a_request_hangs(stop: signal.Signals) -> None:
    with running(stop=stop) as sandbox:
        sandbox.faults([{"do": "hang", "seconds": 60}])
        with pytest.raises(requests.Timeout):
            requests.get(f"{sandbox.clarity_url}/orders", timeout=0.1)


def change(sandbox: Sandbox) -> dict[str, Any]:
    with requests.Session() as shop:
        shop.headers["X-API-Key"] = sandbox.clarity_key
        hook = {"url": "http://127.0.0.1:1/", "events": ["order.created"]}
        shop.post(f"{sandbox.clarity_url}/webhooks", json=hook, timeout=60)
        shop.patch(f"{sandbox.clarity_url}/orders/100001", json={"customerNote": "é"}, timeout=60)
    return sandbox.snapshot()
