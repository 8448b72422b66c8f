"""What end-to-end stories run on: the shipped plugins as Singer pipes, and the project through Meltano."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

ROOT = Path(__file__).resolve().parents[2]
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
    tap: str = "tap-clarity"
    target: str = "target-streak"

    def back(self) -> Pipe:
        """The pipe of the other direction on the same ledger, which reads what the project selects for it."""
        folder = self.folder / "back"
        folder.mkdir()
        self.target_config |= {"source": self.sandbox.clarity_url}
        ledger = {"ledger_url": self.target_settings()["ledger_url"], "source": self.sandbox.streak_url}
        back = Pipe(self.sandbox, folder, self.mapping, tap="tap-streak", target="target-clarity")
        back.target_config = {**ledger, "create_customers": False}
        back.use_catalog(way_back())
        return back

    def run(self, *, full_refresh: bool = False, expect: int = 0) -> Run:
        """Run the pipe once; the next run goes on from its state."""
        state = self.folder / "state.json"
        resume = [] if full_refresh or not state.exists() else ["--state", str(state)]
        commands = [
            [str(BIN / self.tap), "--config", self.write("tap", self.tap_settings()), *self.tap_arguments, *resume],
            [str(BIN / "mapper-crosswalk"), "--config", self.write("mapper", {"mapping_file": str(self.mapping)})],
            [str(BIN / self.target), "--config", self.write("target", self.target_settings())],
        ]
        run = self._pipe(commands)
        if run.states:
            state.write_text(json.dumps(run.states[-1]))
        assert run.returncode == expect, run.log
        return run

    def catalog(self) -> dict[str, Any]:
        """What the tap discovers."""
        config = self.write("tap", self.tap_settings())
        command = [str(BIN / self.tap), "--config", config, "--discover"]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def use_catalog(self, catalog: dict[str, Any]) -> None:
        """Let the next runs read by this catalog."""
        path = self.folder / "catalog.json"
        path.write_text(json.dumps(catalog))
        self.tap_arguments = ("--catalog", str(path))

    def letters(self, *command: str) -> str:
        """What the target's `--dead-letters list` (or another command) prints."""
        config = self.write("target", self.target_settings())
        arguments = [str(BIN / self.target), "--config", config, "--dead-letters", *(command or ("list",))]
        done = subprocess.run(
            arguments, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tap_settings(self) -> dict[str, Any]:
        """What the tap is told."""
        return {**self._account(self.tap), **self.tap_config}

    def target_settings(self) -> dict[str, Any]:
        """What the target is told."""
        return {
            **self._account(self.target),
            "ledger_url": f"sqlite:///{self.folder / 'ledger.db'}",
            "summary_file": str(self.folder / "summary.json"),
            "requests_per_second": 1000,
            **({"create_missing_fields": True} if self.target == "target-streak" else {}),
            **self.target_config,
        }

    def _account(self, plugin: str) -> dict[str, Any]:
        if plugin.endswith("-clarity"):
            return {"api_url": self.sandbox.clarity_url, "api_key": self.sandbox.clarity_key}
        fast = {"requests_per_second": 1000} if plugin == "tap-streak" else {}
        return {"api_url": self.sandbox.streak_url, "api_key": self.sandbox.streak_key, **fast}

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


@cache
def way_back() -> dict[str, Any]:
    """A catalog of tap-streak that selects what the project does."""
    (plugin,) = (one for one in project()["plugins"]["extractors"] if one["name"] == "tap-streak")
    config = json.dumps({"api_key": "unused"})
    command = [str(BIN / "tap-streak"), "--config", "/dev/stdin", "--discover"]
    done = subprocess.run(command, input=config, capture_output=True, text=True, timeout=60, check=True)
    catalog: dict[str, Any] = json.loads(done.stdout)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            place = ".".join([stream["tap_stream_id"], *(entry["breadcrumb"][1:2] or "*")])
            entry["metadata"]["selected"] = _selects(plugin["select"], place)
    return catalog


def _selects(patterns: list[str], place: str) -> bool:
    left_out = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return any(fnmatch(place, one) for one in patterns) and not any(fnmatch(place, one) for one in left_out)


def system_folder(place: Path) -> Path:
    """A folder for Meltano: the installed plugins, and room for what killed runs leave about."""
    folder = place / "meltano"
    if not folder.exists():
        folder.mkdir()
        for kind in ("extractors", "loaders", "mappers"):
            (folder / kind).symlink_to(ROOT / ".meltano" / kind)
    return folder


def project() -> dict[str, Any]:
    """The Meltano project."""
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / "meltano.yml")
    return loaded


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
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        log = done.stdout + done.stderr
        assert done.returncode == expect, log
        summary = self.folder / "summary.json"
        return Run(done.returncode, log, summary=json.loads(summary.read_text()) if summary.exists() else {})

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `meltano …` in a session of its own; it says what it does in `meltano.log`."""
        with (self.folder / "meltano.log").open("ab") as log:
            return subprocess.Popen(
                [str(BIN / "meltano"), NO_ENV_FILE, *arguments],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def environment(self) -> dict[str, str]:
        """What Meltano is told: the sandbox, and where state and ledger are."""
        return clean_environment() | {
            "MELTANO_DATABASE_URI": f"sqlite:///{self.folder / 'meltano.db'}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "TAP_CLARITY_API_URL": self.sandbox.clarity_url,
            "TAP_STREAK_API_URL": self.sandbox.streak_url,
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


def writes(sandbox: Sandbox, since: int = 0) -> list[dict[str, Any]]:
    """The requests that changed something at a vendor, from number `since` on."""
    reads = ("/boxes/batch", "/batch/get", "/oauth/token")
    requests = sandbox.requests(since=since)
    return [
        one for one in requests if one["method"] != "GET" and not one["path"].endswith(reads) and one["status"] < 400
    ]


def mapped(sandbox: Sandbox, folder: Path, state: Any) -> str:
    """What tap and mapper make of what the shop has since a STATE."""
    settings = {"api_url": sandbox.clarity_url, "api_key": sandbox.clarity_key}
    files = {"tap": settings, "mapper": {"mapping_file": str(MAPPING)}, "state": state or {}}
    paths = {name: folder / f"{name}.json" for name in files}
    for name, content in files.items():
        paths[name].write_text(json.dumps(content))
    tap = [str(BIN / "tap-clarity"), "--config", str(paths["tap"]), "--state", str(paths["state"])]
    mapper = [str(BIN / "mapper-crosswalk"), "--config", str(paths["mapper"])]
    read = subprocess.run(tap, capture_output=True, env=clean_environment(), timeout=60, check=True)
    done = subprocess.run(
        mapper, input=read.stdout, capture_output=True, env=clean_environment(), timeout=60, check=True
    )
    return done.stdout.decode()
