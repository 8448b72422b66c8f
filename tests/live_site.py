"""Receiver and live pipelines of the checked-out project, at work on a sandbox."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
from running import BIN, NO_ENV_FILE, ROOT, Meltano
from sync_console.live.processes import marked, plugins, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.testing import Sandbox

PATIENCE = 120  # a busy machine starts Meltano slowly
READY = re.compile(r"Webhooks at (\S+), feed at (\S+)")
SECRETS = {
    "SYNC_CONSOLE_CLARITY_SECRETS": "whsec_Y2FuYXJ5LW9mLXRoZS1zaG9w",
    "SYNC_CONSOLE_STREAK_TOKENS": "canary-of-streak-0123",
    "SYNC_CONSOLE_FEED_TOKEN": "canary-of-the-feed-0123",
}


@dataclass
class LiveSite:
    """What an installation in real time consists of; `close` leaves nothing running."""

    sandbox: Sandbox
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What all commands are told."""
        return {
            **Meltano(self.sandbox, self.folder).environment(),
            **SECRETS,
            "TAP_STREAK_API_URL": self.sandbox.streak_url,
            "SYNC_CONSOLE_DATABASE": str(self.folder / "sync-console.db"),
            "SYNC_CONSOLE_LIVE_FOLDER": str(self.folder / "live"),
            "SYNC_CONSOLE_LIVE_REQUESTS_PER_SECOND": "400",
            "XDG_STATE_HOME": str(self.folder / "state"),
            **self.settings,
        }

    def console(self, *arguments: str, expect: int = 0) -> str:
        """Run `sync-console …` to its end; what it printed."""
        command = [str(BIN / "sync-console"), NO_ENV_FILE, *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == expect, done.stdout
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `sync-console …`; its log is `NAME.log`."""
        with self.log(arguments[0]).open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / "sync-console"), NO_ENV_FILE, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process

    def log(self, name: str) -> Path:
        """Where a command's log is."""
        return self.folder / f"{name}.log"

    def receive(self) -> subprocess.Popen[bytes]:
        """Start the receiver, and let the others know where it is."""
        self.settings |= {"SYNC_CONSOLE_HOOKS_PORT": "0", "SYNC_CONSOLE_FEED_PORT": "0"}
        process = self.start("receive")
        self.wait_for(lambda: bool(READY.search(self.log("receive").read_text())))
        hooks, feed = READY.findall(self.log("receive").read_text())[-1]
        ports = {"SYNC_CONSOLE_HOOKS_PORT": hooks, "SYNC_CONSOLE_FEED_PORT": feed}
        self.settings |= {name: address.rsplit(":", 1)[1] for name, address in ports.items()}
        self.settings["SYNC_CONSOLE_PUBLIC_URL"] = hooks
        return process

    def processes(self) -> list[psutil.Process]:
        """Everything that the live pipelines started."""
        return marked(f"{self.folder / 'live'}:")

    def part(self, plugin: str) -> list[psutil.Process]:
        """The processes of one plugin."""
        return running(self.processes(), plugin)

    def up(self, pipelines: int = 2) -> bool:
        """So many pipelines with all their plugins."""
        runs = [one for one in self.processes() if "--force" in one.cmdline()]
        return len(runs) == pipelines and all(len(plugins(run.pid)) == 3 for run in runs)

    def wait_for(self, condition: Callable[[], bool]) -> float:
        """Wait until it holds; the seconds that took."""
        began = time.monotonic()
        while True:
            try:
                if condition():
                    return time.monotonic() - began
            except psutil.Error:  # a process that ended meanwhile
                pass
            logs = [path.read_text() for path in sorted(self.folder.glob("*.log"))]
            assert time.monotonic() - began < PATIENCE, "\n".join(logs)[-20_000:]
            time.sleep(0.05)

    def close(self) -> None:
        """End whatever is left."""
        for process in self.started:
            process.kill()
            process.wait()
        for left in self.processes():
            left.send_signal(signal.SIGKILL)
