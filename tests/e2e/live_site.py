"""Receiver and live pipelines of the checked-out project, at work on a sandbox."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
from running import BIN, NO_ENV_FILE, ROOT, Meltano
from sync_console.live.processes import ending_with_parent, marked, plugins, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.testing import Sandbox

PATIENCE = 120  # a busy machine starts Meltano slowly
STOP_SECONDS = 30
READY = re.compile(r"Webhooks at (\S+), feed at (\S+)")
SOON = {
    # after a kill in the midst of a create; the sandbox's search knows at once what was made
    "TARGET_STREAK_SEARCH_LAG_SECONDS": "3",
    "TARGET_CLARITY_SEARCH_LAG_SECONDS": "3",
}
SECRETS = {
    "SYNC_CONSOLE_CLARITY_SECRETS": "whsec_Y2FuYXJ5LW9mLXRoZS1zaG9w",
    "SYNC_CONSOLE_STREAK_TOKENS": "canary-of-streak-0123",
    "SYNC_CONSOLE_FEED_TOKEN": "canary-of-the-feed-0123",
}


class UnwellError(AssertionError):
    """It did not do what it was told; the text is what it said instead."""


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
            **SOON,
            **self.settings,
        }

    def console(self, *arguments: str, expect: int = 0) -> str:
        """Run `sync-console …` to its end; what it printed."""
        with subprocess.Popen(
            [str(BIN / "sync-console"), NO_ENV_FILE, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as process:
            try:
                said, _ = process.communicate(timeout=280)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # with what it started
                raise
        if process.returncode != expect:
            raise UnwellError(said)
        return said

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `sync-console …`; its log is `NAME.log`. It ends with us, but not by a Ctrl-C that is meant for us."""
        with self.log(arguments[0]).open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / "sync-console"), NO_ENV_FILE, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=ending_with_parent(),  # noqa: PLW1509 - started from the one thread that there is
            )
        self.started.append(process)
        return process

    def all_running(self) -> bool:
        """True, or an UnwellError with the log of what has ended by itself."""
        for process in self.started:
            if process.poll() is not None:
                name = str(list(process.args)[2])  # type: ignore[arg-type]  # we gave it a list
                raise UnwellError(f"sync-console {name} ended by itself:\n{self.log(name).read_text()}")
        return True

    def log(self, name: str) -> Path:
        """Where a command's log is."""
        return self.folder / f"{name}.log"

    def receive(self) -> subprocess.Popen[bytes]:
        """Start the receiver, and let the others know where it is: from the second start on, where it was."""
        self.settings = {"SYNC_CONSOLE_HOOKS_PORT": "0", "SYNC_CONSOLE_FEED_PORT": "0"} | self.settings
        starts = self.starts()
        process = self.start("receive")
        self.wait_for(lambda: self.starts() > starts)
        hooks, feed = READY.findall(self.log("receive").read_text())[-1]
        ports = {"SYNC_CONSOLE_HOOKS_PORT": hooks, "SYNC_CONSOLE_FEED_PORT": feed}
        self.settings |= {name: address.rsplit(":", 1)[1] for name, address in ports.items()}
        self.settings["SYNC_CONSOLE_PUBLIC_URL"] = hooks
        return process

    def starts(self) -> int:
        """How often the receiver was ready."""
        log = self.log("receive")
        return len(READY.findall(log.read_text())) if log.exists() else 0

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
            if time.monotonic() - began > PATIENCE:
                raise UnwellError("\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))[-20_000:])
            time.sleep(0.05)

    def stop(self) -> None:
        """End what was started in good order, the last one first: what is under way is written and acknowledged."""
        for process in reversed(self.started):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        self.close()

    def close(self) -> None:
        """End whatever is left."""
        for process in self.started:
            process.kill()
            process.wait()
        for left in self.processes():
            left.send_signal(signal.SIGKILL)
