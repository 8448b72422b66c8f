"""What end-to-end stories run on: the shipped plugins as Singer pipes, and the project through Meltano."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
NO_ENV_FILE = f"--env-file={os.devnull}"  # the accounts in .env are somebody's
MAPPING = ROOT / "transform" / "mappings" / "clarity-streak.yml"


def clean_environment() -> dict[str, str]:
    """The environment without what a shell, or make, may set for the plugins and their installation."""
    ours = ("TAP_", "TARGET_", "MAPPER_", "MELTANO_", "SYNC_CONSOLE_", "UV_CONSTRAINT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@dataclass
class Run:
    """What a run left behind; `log` is what all plugins wrote on stderr, in the order tap, mapper, target."""

    returncode: int
    log: str
    states: list[Any] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass
class Pipe:
    """`tap-clarity | mapper-crosswalk | target-streak` with a state file and a ledger of their own."""

    sandbox: Sandbox
    folder: Path
    mapping: Path = MAPPING
    tap_config: dict[str, Any] = field(default_factory=dict)
    target_config: dict[str, Any] = field(default_factory=dict)
    tap_arguments: tuple[str, ...] = ()

    def run(self, *, full_refresh: bool = False, expect: int = 0) -> Run:
        """Run the pipe once; the next run goes on from its state."""
        state = self.folder / "state.json"
        resume = [] if full_refresh or not state.exists() else ["--state", str(state)]
        commands = [
            [
                str(BIN / "tap-clarity"),
                "--config",
                self.write("tap", self.tap_settings()),
                *self.tap_arguments,
                *resume,
            ],
            [str(BIN / "mapper-crosswalk"), "--config", self.write("mapper", {"mapping_file": str(self.mapping)})],
            [str(BIN / "target-streak"), "--config", self.write("target", self.target_settings())],
        ]
        run = self._pipe(commands)
        if run.states:
            state.write_text(json.dumps(run.states[-1]))
        assert run.returncode == expect, run.log
        return run

    def catalog(self) -> dict[str, Any]:
        """What the tap discovers."""
        config = self.write("tap", self.tap_settings())
        command = [str(BIN / "tap-clarity"), "--config", config, "--discover"]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def use_catalog(self, catalog: dict[str, Any]) -> None:
        """Let the next runs read by this catalog."""
        path = self.folder / "catalog.json"
        path.write_text(json.dumps(catalog))
        self.tap_arguments = ("--catalog", str(path))

    def letters(self, *command: str) -> str:
        """What `target-streak --dead-letters list` (or another command) prints."""
        config = self.write("target", self.target_settings())
        arguments = [str(BIN / "target-streak"), "--config", config, "--dead-letters", *(command or ("list",))]
        done = subprocess.run(
            arguments, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tap_settings(self) -> dict[str, Any]:
        """What the tap is told."""
        return {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key, **self.tap_config}

    def target_settings(self) -> dict[str, Any]:
        """What the target is told."""
        return {
            "api_url": self.sandbox.streak_url,
            "api_key": self.sandbox.streak_key,
            "ledger_url": f"sqlite:///{self.folder / 'ledger.db'}",
            "summary_file": str(self.folder / "summary.json"),
            "requests_per_second": 1000,
            "create_missing_fields": True,
            **self.target_config,
        }

    def write(self, name: str, settings: dict[str, Any]) -> str:
        """Write a plugin's settings; returns the file's path."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(settings))
        return str(path)

    def _pipe(self, commands: list[list[str]]) -> Run:
        logs = [self.folder / f"{Path(command[0]).name}.log" for command in commands]
        processes: list[subprocess.Popen[bytes]] = []
        for command, log in zip(commands, logs, strict=True):
            source = processes[-1].stdout if processes else subprocess.DEVNULL
            with log.open("wb") as stderr:
                processes.append(
                    subprocess.Popen(
                        command, stdin=source, stdout=subprocess.PIPE, stderr=stderr, env=clean_environment()
                    )
                )
        for process in processes[:-1]:
            assert process.stdout is not None
            process.stdout.close()
        output, _ = processes[-1].communicate(timeout=280)
        codes = [process.wait(timeout=30) for process in processes]
        summary = self.folder / "summary.json"
        return Run(
            returncode=max(codes),
            log="\n".join(log.read_text() for log in logs),
            states=[json.loads(line) for line in output.splitlines()],
            summary=json.loads(summary.read_text()) if summary.exists() else {},
        )


@dataclass
class Meltano:
    """The project as it is checked out, with a system database and a ledger of their own."""

    sandbox: Sandbox
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, expect: int = 0) -> Run:
        """Run `meltano …`; `log` is what it printed."""
        done = subprocess.run(
            [str(BIN / "meltano"), NO_ENV_FILE, *arguments],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        log = done.stdout + done.stderr
        assert done.returncode == expect, log
        summary = self.folder / "summary.json"
        return Run(done.returncode, log, summary=json.loads(summary.read_text()) if summary.exists() else {})

    def _environment(self) -> dict[str, str]:
        return clean_environment() | {
            "MELTANO_DATABASE_URI": f"sqlite:///{self.folder / 'meltano.db'}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "TAP_CLARITY_API_URL": self.sandbox.clarity_url,
            "TARGET_STREAK_API_URL": self.sandbox.streak_url,
            "TARGET_STREAK_LEDGER_URL": f"sqlite:///{self.folder / 'ledger.db'}",
            "TARGET_STREAK_SUMMARY_FILE": str(self.folder / "summary.json"),
            "TARGET_STREAK_REQUESTS_PER_SECOND": "1000",
            "TARGET_STREAK_SOURCE": self.sandbox.clarity_url,
            "TARGET_CLARITY_API_URL": self.sandbox.clarity_url,
            "TARGET_CLARITY_LEDGER_URL": f"sqlite:///{self.folder / 'ledger.db'}",
            "TARGET_CLARITY_SOURCE": self.sandbox.streak_url,
            "TARGET_CLARITY_REQUESTS_PER_SECOND": "1000",
            **self.settings,
        }
