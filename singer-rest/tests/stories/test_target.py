"""A whole target against a local server: STATE, signals, the end of a run."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).with_name("small_target.py")
SCHEMA = {"type": "SCHEMA", "stream": "things", "schema": {"properties": {"name": {"type": "string"}}}}


class Server(ThreadingHTTPServer):
    """Keeps things; answers after `delay` seconds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.things: dict[str, dict[str, Any]] = {}
        self.delay = 0.0
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """`POST /things`, `PUT /things/KEY`, `GET /things?key=KEY`."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        thing = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.server.delay)
        if self.server.status == 200:
            key = thing.get("key") or self.path.rpartition("/")[2]
            self.server.things[key] = self.server.things.get(key, {}) | thing
        self._answer(thing)

    do_PUT = do_POST  # noqa: N815

    def do_GET(self) -> None:
        found = self.server.things.get(self.path.rpartition("=")[2])
        self._answer({"results": [found] if found else []})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def line(number: int, name: str = "thing", version: int = 1) -> str:
    source = {"stream": "s", "key": str(number), "updatedAt": f"2026-01-01T00:00:0{version}Z"}
    record = {"externalId": str(number), "name": f"{name} {number}", "_source": source}
    return json.dumps({"type": "RECORD", "stream": "things", "record": record}) + "\n"


def state(number: int) -> str:
    return json.dumps({"type": "STATE", "value": {"n": number}}) + "\n"


def start(server: Server, tmp_path: Path, **settings: Any) -> subprocess.Popen[str]:
    config = tmp_path / "config.json"
    pace = {"requests_per_second": 1000, "retry_seconds": 2, "state_interval": 0.1}
    config.write_text(json.dumps({"api_url": server.url, "ledger_url": f"sqlite:///{tmp_path}/l.db"} | pace | settings))
    command = [sys.executable, str(TARGET), "--config", str(config)]
    streams: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, cwd=tmp_path, **streams)


def finish(process: subprocess.Popen[str]) -> tuple[list[int], str]:
    out, err = process.communicate(timeout=30)
    return [json.loads(one)["n"] for one in out.splitlines()], err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_was_read(server: Server, tmp_path: Path, number: signal.Signals) -> None:
    server.delay = 0.05
    process = start(server, tmp_path, concurrency=2, max_pending=10)
    stdin = cast("IO[str]", process.stdin)
    stdin.write(json.dumps(SCHEMA) + "\n" + "".join(line(one) + state(one) for one in range(200)))
    stdin.flush()
    until = time.monotonic() + 20
    while len(server.things) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(number)
    states, err = finish(process)
    assert process.returncode == 0, err
    assert 20 <= states[-1] < 199
    written = len(server.things)
    assert states[-1] + 1 <= written <= states[-1] + 2
    assert set(server.things) == {str(one) for one in range(written)}
    assert re.search(r"told to end: finishing the 1?\d records that were read", err)
    assert "run finished" in err
    resumed = start(server, tmp_path)
    _out, err = resumed.communicate(json.dumps(SCHEMA) + "\n" + "".join(line(one) + state(one) for one in range(200)))
    assert len(server.things) == 200
    assert f"created {200 - written}, updated 0, unchanged {written}" in err


def test_states_come_out_while_records_go_in(server: Server, tmp_path: Path) -> None:
    process = start(server, tmp_path)
    stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
    stdin.write(json.dumps(SCHEMA) + "\n")
    for number in range(3):
        stdin.write(line(number) + state(number))
        stdin.flush()
        assert json.loads(stdout.readline()) == {"n": number}
        assert str(number) in server.things
    assert finish(process)[0] == []


def test_the_last_state_goes_out_whatever_the_interval(server: Server, tmp_path: Path) -> None:
    process = start(server, tmp_path, state_interval=60)
    process_input = json.dumps(SCHEMA) + "\n" + "".join(line(one) + state(one) for one in range(50))
    out, _ = process.communicate(process_input, timeout=30)
    numbers = [json.loads(one)["n"] for one in out.splitlines()]
    assert numbers[-1] == 49
    assert len(numbers) <= 2


def test_a_host_that_is_gone_stops_the_run_without_state(server: Server, tmp_path: Path) -> None:
    server.status = 503
    process = start(server, tmp_path, retry_seconds=1, max_rejected="1")
    out, err = process.communicate(json.dumps(SCHEMA) + "\n" + "".join(line(one) for one in range(20)) + state(1))
    assert (process.returncode, out) == (1, "")
    assert "Traceback" not in err
    server.status = 200
    again = start(server, tmp_path)
    out, err = again.communicate(json.dumps(SCHEMA) + "\n" + "".join(line(one) for one in range(20)) + state(1))
    assert json.loads(out) == {"n": 1}
    assert len(server.things) == 20


def test_a_record_that_changes_under_way_ends_as_the_last_one_said(server: Server, tmp_path: Path) -> None:
    server.delay = 0.02
    versions = [line(1, f"version {version}", version) for version in range(1, 5)]
    process = start(server, tmp_path)
    _out, err = process.communicate(json.dumps(SCHEMA) + "\n" + "".join(versions) + state(4))
    assert server.things["1"]["name"] == "version 4 1"
    assert "created 1, updated 3" in err


def test_what_is_gone_at_the_source_stays(server: Server, tmp_path: Path) -> None:
    gone = {"externalId": "1", "_sdc_deleted_at": "2026-01-02T00:00:00Z"}
    told = json.dumps({"type": "RECORD", "stream": "things", "record": gone}) + "\n"
    never = told.replace('"1"', '"2"')
    out, err = start(server, tmp_path).communicate(json.dumps(SCHEMA) + "\n" + line(1) + told + never + state(1))
    assert (list(server.things), out) == (["1"], '{"n":1}\n')
    assert err.count("things of records that are gone at the source stay as they are (first: 1)") == 1
    assert "created 1, updated 0, unchanged 2, stale 0, rejected 0" in err


def test_batches_are_refused_in_one_line(server: Server, tmp_path: Path) -> None:
    batch = json.dumps({"type": "BATCH", "stream": "things", "encoding": {}, "manifest": []})
    out, err = start(server, tmp_path).communicate(batch + "\n")
    assert out == ""
    assert "turn batches off in the tap" in err.splitlines()[-1]


@pytest.mark.parametrize("setting", ["summary_file", "dry_run_file"])
def test_a_file_that_cant_be_written_is_said_before_anything_is_done(
    server: Server, tmp_path: Path, setting: str
) -> None:
    path = tmp_path / "nowhere" / "file.json"
    process = start(server, tmp_path, dry_run=setting == "dry_run_file", **{setting: str(path)})
    out, err = process.communicate(json.dumps(SCHEMA) + "\n" + line(1) + state(1))
    assert (process.returncode, out, server.things) == (1, "", {})
    assert f"{setting}: {path} can't be written (no such directory): make its folder" in err
    assert "Traceback" not in err
    assert not (tmp_path / "l.db").exists()


def test_a_file_that_can_be_written_no_longer_does_not_fail_the_run(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    process = start(server, tmp_path, summary_file=str(folder / "counts.json"))
    stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
    stdin.write(json.dumps(SCHEMA) + "\n" + line(1) + state(1))
    stdin.flush()
    assert json.loads(stdout.readline()) == {"n": 1}
    folder.rmdir()  # empty: the trial at the start left nothing
    _, err = finish(process)
    assert (process.returncode, list(server.things)) == (0, ["1"])
    assert "counts.json can't be written (no such directory)" in err.splitlines()[-1]
    assert "Traceback" not in err


def test_whoever_writes_into_a_refusing_target_gets_rid_of_its_lines(server: Server, tmp_path: Path) -> None:
    with start(server, tmp_path) as process:
        stdin = cast("IO[str]", process.stdin)
        stdin.write(json.dumps({"type": "BATCH", "stream": "things", "encoding": {}, "manifest": []}) + "\n")
        stdin.flush()
        assert any("turn batches off" in one for one in iter(cast("IO[str]", process.stderr).readline, ""))
        stdin.write("".join(line(one) for one in range(20_000)))
        stdin.close()
        assert process.wait(timeout=30) == 1
