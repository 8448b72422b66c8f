"""Runs of a target for tests, fed with records as a mapper makes them; and what each run left."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from sandbox.testing import Sandbox

Message = dict[str, Any]


@dataclass(frozen=True)
class Ran:
    """What a run left: the STATEs, its log, its counts and the requests to its destination."""

    states: list[Any]
    log: str
    counts: dict[str, Any]
    requests: list[dict[str, Any]]


class TargetRuns:
    """Sends records to a target with `settings`; `sync` has the rules (`x-sync`) of properties by stream."""

    target: ClassVar[type[Any]]
    system: ClassVar[str]
    ran: ClassVar[type[Any]] = Ran

    def __init__(
        self, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture, settings: dict[str, Any]
    ) -> None:
        self.sandbox, self.tmp_path, self.caplog, self.settings = sandbox, tmp_path, caplog, settings
        self.sync: dict[str, Message] = {}
        self.sinks = {sink.stream: sink for sink in self.target.sink_classes}

    def properties(self, stream: str) -> Message:
        """The properties in the SCHEMA of a stream."""
        properties = dict(self.sinks[stream].accepts()["properties"])
        return properties | {
            name: properties[name] | {"x-sync": rule} for name, rule in self.sync.get(stream, {}).items()
        }

    def lines(self, *messages: Message | str) -> str:
        """Singer lines: a SCHEMA before the first record of each stream."""
        lines: list[str] = []
        known = set()
        for message in messages:
            if isinstance(message, dict) and message["type"] == "RECORD" and message["stream"] in self.sinks:
                if message["stream"] not in known:
                    lines.append(json.dumps(self.schema(message["stream"])))
                known.add(message["stream"])
            lines.append(message if isinstance(message, str) else json.dumps(message))
        return "".join(line + "\n" for line in lines)

    def schema(self, stream: str) -> Message:
        """The SCHEMA of a stream."""
        schema = {"type": "object", "properties": self.properties(stream)}
        return {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["externalId"]}

    def run(self, *messages: Message | str, **settings: Any) -> Any:
        """Run the target in this process; `{"type": "STATE"}` is added at the end."""
        return self.feed(self.lines(*messages, {"type": "STATE", "value": {"at": len(messages)}}), **settings)

    def feed(self, lines: str, **settings: Any) -> Any:
        """Run the target in this process on Singer lines; gives what is declared as `ran`."""
        self.sandbox.clear_requests()
        self.caplog.clear()
        counts = self.tmp_path / "counts.json"
        config = self.settings | {"summary_file": str(counts)} | settings
        stdout = io.StringIO()
        with self.caplog.at_level(logging.INFO), redirect_stdout(stdout):
            self.target(config=config).run(io.StringIO(lines))
        states = [json.loads(line) for line in stdout.getvalue().splitlines()]
        return self.ran(states, self.caplog.text, json.loads(counts.read_text()), self.sandbox.requests(self.system))

    def command(self, **settings: Any) -> list[str]:
        """The command of the program; a setting that is None is not there."""
        config = self.tmp_path / "config.json"
        given = {name: value for name, value in (self.settings | settings).items() if value is not None}
        config.write_text(json.dumps(given))
        return [sys.executable, "-m", self.target.__module__.partition(".")[0], "--config", str(config)]

    def shell(self, *arguments: str, stdin: str = "", **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run the program; no mistake is a traceback."""
        command = [*self.command(**settings), *arguments]
        ended = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, cwd=self.tmp_path, check=False
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    def killed(self, lines: str, after: Iterable[float], **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run the program on these lines, killed after each of these seconds, and then to its end."""
        file, command = self._file(lines), self.command(**settings)
        for seconds in after:
            with file.open() as stdin:
                process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                time.sleep(seconds)
                process.kill()
                process.communicate()
        with file.open() as stdin:
            return subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=120, check=False)

    def twice_at_once(self, lines: str, **settings: Any) -> list[tuple[str, str]]:
        """Run the program twice beside each other on the same lines; what each wrote to stdout and stderr."""
        file, command = self._file(lines), self.command(**settings)
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with file.open() as first, file.open() as second:
            runs = [subprocess.Popen(command, stdin=stdin, **streams) for stdin in (first, second)]
            return [run.communicate(timeout=120) for run in runs]

    def _file(self, lines: str) -> Path:
        file = self.tmp_path / "records.singer"
        file.write_text(lines)
        return file

    def stored(self, stream: str) -> list[dict[str, Any]]:
        """What its destination holds."""
        return self.sandbox.snapshot()[self.system][stream]

    def only(self, stream: str) -> dict[str, Any]:
        """The only record of a stream there."""
        (record,) = self.stored(stream)
        return record
