"""`make demo`: the orders of a demo shop become boxes, in two local servers that are stopped at the end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.testing import Sandbox, read_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
FOLDER = ROOT / ".work" / "demo"
COMMAND = ("run", "tap-clarity", "mapper", "target-streak")
STORY_BEGINS = "2025-11-01T00:00:00Z"  # the demo shop's first orders: all of them make tasks and comments
RESULTS = ("created", "updated", "unchanged", "waiting", "rejected")


def main() -> int:
    """Run the demo; returns the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    _say("Starting the sandbox: a shop and a CRM as local servers")
    with sandbox() as running:
        _say(f"Running meltano {' '.join(COMMAND)}")
        seconds = _meltano(running)
        snapshot = running.snapshot()
    (FOLDER / "streak.json").write_text(json.dumps(snapshot["streak"], indent=1, ensure_ascii=False, default=str))
    print(report(snapshot["clarity"], snapshot["streak"], json.loads((FOLDER / "summary.json").read_text()), seconds))
    return 0


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """The sandbox with the demo shop, on free ports; stopped at the end, whatever happens."""
    command = [str(BIN / "sandbox"), "serve", "--seed", "demo", "--clarity-port", "0", "--streak-port", "0"]
    with (
        (FOLDER / "sandbox.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        try:
            running = Sandbox(**read_ports(server))
            yield running
            running.close()
        finally:
            server.terminate()


def _meltano(running: Sandbox) -> float:
    environment = os.environ | {
        "MELTANO_DATABASE_URI": f"sqlite:///{FOLDER / 'meltano.db'}",
        "MELTANO_ENVIRONMENT": "sandbox",
        "TAP_CLARITY_API_URL": running.clarity_url,
        "TARGET_STREAK_API_URL": running.streak_url,
        "TARGET_STREAK_LEDGER_URL": f"sqlite:///{FOLDER / 'ledger.db'}",
        "TARGET_STREAK_SUMMARY_FILE": str(FOLDER / "summary.json"),
        "TARGET_STREAK_EFFECTS_SINCE": STORY_BEGINS,
        "TARGET_STREAK_REQUESTS_PER_SECOND": "500",
    }
    began = time.monotonic()
    with (FOLDER / "run.log").open("w") as log:
        done = subprocess.run(
            [str(BIN / "meltano"), *COMMAND], cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        sys.exit(f"The run failed; the end of {FOLDER / 'run.log'}:\n{_tail(FOLDER / 'run.log')}")
    return time.monotonic() - began


def report(shop: dict[str, Any], streak: dict[str, Any], summary: dict[str, Any], seconds: float) -> str:
    """What arrived, as a person likes to read it."""
    read = ", ".join(f"{len(shop[kind])} {kind}" for kind in ("orders", "customers", "payments"))
    lines = ["", f"Read from Clarity: {read}", "", "Written to Streak:", *_written(summary), ""]
    lines += ["Deals by stage:", *_stages(streak), "", "The newest deals:", *_newest(streak), ""]
    lines += [
        f"{summary['calls']} calls to Streak in {seconds:.0f} seconds, {summary['retries']} retries.",
        "",
        "Where to look:",
        f"  {_short(FOLDER / 'streak.json')}   everything that Streak holds now",
        f"  {_short(FOLDER / 'run.log')}       what the run said",
        f"  {_short(FOLDER / 'ledger.db')}     what the target remembers",
        "",
        "The records that were set aside, and why:",
        f"  TARGET_STREAK_LEDGER_URL=sqlite:///{_short(FOLDER / 'ledger.db')} \\",
        "  .venv/bin/meltano invoke target-streak --dead-letters list",
    ]
    return "\n".join(lines)


def _written(summary: dict[str, Any]) -> list[str]:
    header = "  " + "".ljust(16) + "".join(result.rjust(11) for result in RESULTS)
    rows = [
        "  " + stream.ljust(16) + "".join(str(counts.get(result, 0) or "·").rjust(11) for result in RESULTS)
        for stream, counts in summary["streams"].items()
    ]
    return [header, *rows]


def _stages(streak: dict[str, Any]) -> list[str]:
    lines = []
    for pipeline in streak["pipelines"]:
        boxes = [box["stageKey"] for box in streak["boxes"] if box["pipelineKey"] == pipeline["key"]]
        stages = [(pipeline["stages"][key]["name"], boxes.count(key)) for key in pipeline["stageOrder"]]
        lines.append(f"  {pipeline['name'].ljust(16)}" + "   ".join(f"{name} {count}" for name, count in stages))
    return lines


def _newest(streak: dict[str, Any]) -> list[str]:
    pipelines = {pipeline["key"]: pipeline for pipeline in streak["pipelines"]}
    lines = []
    for box in streak["boxes"][-5:]:
        pipeline = pipelines[box["pipelineKey"]]
        total = _field(pipeline, box, "Total")
        lines.append(f"  {box['name'][:44].ljust(46)}{total.rjust(12)}   {pipeline['stages'][box['stageKey']]['name']}")
    return lines


def _field(pipeline: dict[str, Any], box: dict[str, Any], name: str) -> str:
    keys = [field["key"] for field in pipeline["fields"] if field["name"] == name]
    return str(box["fields"].get(keys[0], "")) if keys else ""


def _tail(path: Path) -> str:
    return "\n".join(path.read_text().splitlines()[-15:])


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _say(text: str) -> None:
    print(f"{text} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
