"""Runs of a tap for tests: in this process, or as the program that users start; and what it wrote."""

import json
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.in_process import printed

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Output:
    """What a tap wrote; `main` is the stream that is meant where none is named, `key` the property that tells its rows.

    Numbers with a point are Decimal.
    """

    messages: list[Json]
    main: str
    key: str

    @property
    def records(self) -> dict[str, list[Json]]:
        """The records by stream."""
        records: dict[str, list[Json]] = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
        return records

    @property
    def state(self) -> Json:
        """The last STATE."""
        return next(message["value"] for message in reversed(self.messages) if message["type"] == "STATE")

    def keys(self, stream: str = "") -> list[str]:
        """The keys of the records, as they came."""
        return [record[self.key] for record in self.records[stream or self.main]]

    def deleted(self, stream: str = "") -> list[str]:
        """The keys of the tombstones."""
        return [record[self.key] for record in self.records[stream or self.main] if record.get("_sdc_deleted_at")]


@dataclass
class TapRuns:
    """Runs a tap with `config`; what a run is given besides wins."""

    tap_class: type[Any]
    main: str
    key: str
    config: Json = field(default_factory=dict)

    def tap(self, *streams: str, **settings: Any) -> Any:
        """The tap with these streams selected, or all."""
        tap = self.tap_class(config=self.config | settings)
        for name, stream in tap.streams.items():
            stream.selected = name in (streams or tap.streams)
        return tap

    def sync(self, *streams: str, state: Json | None = None, catalog: Json | None = None, **settings: Any) -> Output:
        """Run it in this process, with these of the streams that are selected."""
        given = json.loads(json.dumps(state or {}))
        tap = self.tap_class(config=self.config | settings, state=given, catalog=catalog)
        for name, stream in tap.streams.items():
            stream.selected = stream.selected and name in (streams or tap.streams)
        return self._output(printed(tap.sync_all).splitlines())

    def program(self, *arguments: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
        """Run the program; a setting that is None is not there."""
        config = {name: value for name, value in (self.config | settings).items() if value is not None}
        return subprocess.run(
            [*self._command, "--config", "/dev/stdin", *arguments],
            input=json.dumps(config),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def terminated(self, folder: Path, lines: int, **settings: Any) -> Output:
        """Send the program SIGTERM when it has written so many lines; all that it wrote until its good end."""
        with self._start(folder, settings) as process:
            assert process.stdout
            assert process.stderr
            head = [process.stdout.readline() for _ in range(lines)]
            process.send_signal(signal.SIGTERM)
            output = self._output([*head, *process.stdout.readlines()])
            assert b"Traceback" not in process.stderr.read()
        assert process.returncode == 0
        return output

    def deserted(self, folder: Path, **settings: Any) -> tuple[int, str]:
        """Read one line of the program and go away; its exit code and its log."""
        with self._start(folder, settings) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.readline()
            process.stdout.close()
            log = process.stderr.read().decode()
        return process.returncode, log

    def _start(self, folder: Path, settings: Json) -> "subprocess.Popen[bytes]":
        config = folder / "config.json"
        config.write_text(json.dumps(self.config | settings))
        command = [*self._command, "--config", str(config)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def _output(self, lines: Iterable[str | bytes]) -> Output:
        return Output([json.loads(line, parse_float=Decimal) for line in lines], self.main, self.key)

    @property
    def _command(self) -> list[str]:
        return [sys.executable, "-m", self.tap_class.__module__.partition(".")[0]]


def complaint_of(ended: "subprocess.CompletedProcess[str]", secrets: Iterable[str]) -> str:
    """The one line of a failed run's log that is not INFO or a retry; none of the secrets is in the log."""
    lines = [line for line in ended.stderr.splitlines() if "| INFO" not in line and "; trying again in" not in line]
    assert ended.returncode == 1, ended.stderr
    assert len(lines) == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert not [secret for secret in secrets if secret in ended.stderr]
    return lines[0].rpartition(" | ")[2]
