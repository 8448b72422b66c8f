"""A small Meltano project with stand-in plugins, and the supervisor at work in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from sync_console.live.processes import marked, plugins, running

if TYPE_CHECKING:
    from collections.abc import Callable

BIN = Path(sys.executable).parent
PATIENCE = 90  # a busy machine starts Meltano slowly
TAP, MAPPER, TARGET = PARTS = ("tap-clarity-events", "mapper-crosswalk", "target-streak")

# The tap says each moment that it reads; the target keeps what it was told of its settings.
STAND_IN = """
import json, os, signal, sys, time
if "--discover" in sys.argv:
    print(json.dumps({"streams": []}))
elif "/run/tap-" in " ".join(sys.argv):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(json.dumps({"type": "SCHEMA", "stream": "s", "schema": {}, "key_properties": []}), flush=True)
    for number in range(100_000):
        with open("readers", "a") as readers:
            print(os.getpid(), file=readers)
        print(json.dumps({"type": "STATE", "value": {"bookmarks": {"events": number}}}), flush=True)
        time.sleep(0.1)
else:
    if "/run/target-streak/" in " ".join(sys.argv):
        open("settings", "w").write(open(sys.argv[sys.argv.index("--config") + 1]).read())
    for line in sys.stdin:
        message = json.loads(line)
        mapper = "/run/mapper" in " ".join(sys.argv)
        print(line if mapper else json.dumps(message.get("value", {})), end="" if mapper else "\\n", flush=True)
"""
PROJECT = """
default_environment: sandbox
project_id: stand-in
send_anonymous_usage_stats: false
cli: {disable_version_check: true}
environments: [{name: sandbox}]
plugins:
  extractors:
    - {name: tap-clarity-events, namespace: a, executable: ./plugin, capabilities: [state]}
    - {name: tap-streak-events, namespace: b, executable: ./plugin, capabilities: [state]}
  mappers:
    - {name: mapper-crosswalk, namespace: m, executable: ./plugin, mappings: [{name: mapper, config: {}}]}
  loaders:
    - name: target-streak
      namespace: c
      executable: ./plugin
      settings: [{name: requests_per_second, kind: integer, value: 7}]
    - {name: target-clarity, namespace: d, executable: ./plugin}
"""


@dataclass
class LiveProject:
    """The project and what was started in it; `close` leaves nothing running."""

    folder: Path
    environment: dict[str, str]
    supervisors: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path) -> LiveProject:
        """Write the files."""
        (folder / "plugin.py").write_text(STAND_IN)
        (folder / "meltano.yml").write_text(PROJECT)
        (folder / "plugin").write_text(f'#!/bin/sh\nexec {sys.executable} {folder}/plugin.py "$@"\n')
        (folder / "plugin").chmod(0o755)
        ours = ("TAP_", "TARGET_", "MAPPER_", "MELTANO_", "SYNC_CONSOLE_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return cls(folder, {**clean, "XDG_STATE_HOME": str(folder / "state")})

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the supervisor."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / "sync-console"), "live", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.supervisors.append(process)
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `sync-console live …` to its end."""
        command = [str(BIN / "sync-console"), "live", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @property
    def log(self) -> Path:
        return self.folder / "live.log"

    @property
    def mark(self) -> str:
        return f"{self.folder / '.meltano/run/live'}:"

    def processes(self) -> list[psutil.Process]:
        """Everything that the pipelines started, whoever its parent is."""
        return marked(self.mark)

    def meltano(self) -> list[psutil.Process]:
        """Every `meltano run` of the supervisor."""
        return [one for one in self.processes() if one.is_running() and "--force" in one.cmdline()]

    def part(self, name: str) -> list[psutil.Process]:
        """The processes of one plugin."""
        return running(self.processes(), name)

    def whole(self) -> bool:
        """One Meltano with one of each plugin and nothing else, and its tap reads."""
        found = self.meltano()
        complete = len(found) == 1 and len(plugins(found[0].pid)) == 3 and len(self.processes()) == 4
        return complete and self.readers()[-1:] == [one.pid for one in self.part(TAP)]

    def whole_without(self, gone: set[int]) -> bool:
        """Whole, and none of these processes is left."""
        return not gone & {one.pid for one in self.processes()} and self.whole()

    def readers(self) -> list[int]:
        """The taps that read, in the order of their reading; neighbours are one."""
        path = self.folder / "readers"
        pids = [int(pid) for pid in path.read_text().split()] if path.exists() else []
        return [pid for number, pid in enumerate(pids) if number == 0 or pids[number - 1] != pid]

    def heartbeat(self) -> dict[str, Any]:
        """What the file says, nothing before the first beat."""
        path = self.folder / ".meltano/run/live/live.json"
        beat: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"pipelines": {}}
        return beat

    def wait_for(self, condition: Callable[[], bool]) -> float:
        """Wait until it holds; the seconds that took."""
        began = time.monotonic()
        while True:
            try:
                if condition():
                    return time.monotonic() - began
            except psutil.Error:
                pass
            assert time.monotonic() - began < PATIENCE, self.log.read_text()
            time.sleep(0.1)

    def close(self) -> None:
        """End what is left."""
        for process in self.supervisors:
            process.kill()
            process.wait()
        for left in self.processes():
            left.send_signal(signal.SIGKILL)
