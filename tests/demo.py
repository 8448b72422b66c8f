"""`make demo`: the orders of a demo shop become boxes, in two local servers that are stopped at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from running import BIN, NO_ENV_FILE, ROOT, clean_environment
from sandbox.testing import Sandbox, read_ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ROOT / ".work" / "demo"
COMMAND = ("run", "tap-clarity", "mapper", "target-streak")
LETTERS = ("--dead-letters", "list", "--stream", "orders")
INTERRUPTED = 130
RESULTS = ("created", "updated", "unchanged", "waiting", "rejected")


def main() -> int:
    """Run the demo; returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return _demo()
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        return INTERRUPTED


def _demo() -> int:
    os.umask(0o077)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    _say("Starting the sandbox: a shop and a CRM as local servers")
    with sandbox() as running:
        _say(f"Running meltano {' '.join(COMMAND)}")
        environment = _environment(running)
        seconds = _meltano(environment)
        snapshot = running.snapshot()
        letters = _letters(environment)
    (FOLDER / "streak.json").write_text(json.dumps(snapshot["streak"], indent=1, ensure_ascii=False, default=str))
    summary = json.loads((FOLDER / "summary.json").read_text())
    print(report(snapshot["clarity"], snapshot["streak"], summary, letters, seconds))
    return 0


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


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
            server.wait(10)


def _environment(running: Sandbox) -> dict[str, str]:
    return clean_environment() | {
        "MELTANO_DATABASE_URI": f"sqlite:///{FOLDER / 'meltano.db'}",
        "MELTANO_ENVIRONMENT": "sandbox",
        "TAP_CLARITY_API_URL": running.clarity_url,
        "TARGET_STREAK_API_URL": running.streak_url,
        "TARGET_STREAK_LEDGER_URL": f"sqlite:///{FOLDER / 'ledger.db'}",
        "TARGET_STREAK_SUMMARY_FILE": str(FOLDER / "summary.json"),
        "TARGET_STREAK_REQUESTS_PER_SECOND": "500",
    }


def _meltano(environment: dict[str, str]) -> float:
    """Run it in a process group of its own, which ends with us; gives the seconds."""
    began = time.monotonic()
    log = FOLDER / "run.log"
    with (
        log.open("w") as written,
        subprocess.Popen(
            [str(BIN / "meltano"), NO_ENV_FILE, *COMMAND],
            cwd=ROOT,
            env=environment,
            stdout=written,
            stderr=written,
            process_group=0,
        ) as run,
        log.open() as lines,
    ):
        try:
            while run.poll() is None:
                time.sleep(0.2)
                _show_progress(lines.read())
        finally:
            _end_group(run)
    if run.returncode:
        sys.exit(f"The run failed; the end of {_short(log)}:\n{_tail(log)}")
    return time.monotonic() - began


def _show_progress(log: str) -> None:
    for line in log.splitlines():
        if " records done" in line:
            print(f"  {line.partition('target-streak')[2].strip()}", flush=True)


def _end_group(run: subprocess.Popen[bytes]) -> None:
    """End a run that is still under way, and all that it started."""
    if run.poll() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(run.pid, number)
            run.wait(2)


def _letters(environment: dict[str, str]) -> list[str]:
    """The orders that were set aside, as the target lists them."""
    command = [str(BIN / "meltano"), NO_ENV_FILE, "--log-level=error", "invoke", "target-streak", *LETTERS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def report(
    shop: dict[str, Any], streak: dict[str, Any], summary: dict[str, Any], letters: list[str], seconds: float
) -> str:
    """What arrived, as a person likes to read it."""
    tests = sum(order["isTest"] is True for order in shop["orders"])
    read = f"{len(shop['orders'])} orders ({tests} of them tests: left out)"
    read += "".join(f", {len(shop[kind])} {kind}" for kind in ("customers", "payments"))
    lines = ["", f"Read from Clarity: {read}", "", "Written to Streak:", *_written(summary), ""]
    lines += ["Deals by stage:", *_stages(streak), "", "The newest deals:", *_newest(streak), ""]
    lines += ["Set aside, with the reason:", *(f"  {line}" for line in letters), ""]
    lines += [
        f"{summary['calls']:,} calls to Streak, {summary['retries']} retries; {seconds:.0f} seconds in all.",
        "",
        "Where to look:",
        f"  {_short(FOLDER / 'streak.json')}   everything that Streak holds now",
        f"  {_short(FOLDER / 'run.log')}       what the run said",
        "To look around at leisure, see README.md.",
    ]
    return "\n".join(lines)


def _written(summary: dict[str, Any]) -> list[str]:
    header = "  " + "".ljust(16) + "".join(result.rjust(11) for result in RESULTS)
    rows = [
        "  " + stream.ljust(16) + "".join(_count(counts.get(result, 0), 11) for result in RESULTS)
        for stream, counts in summary["streams"].items()
    ]
    return [header, *rows, "  unchanged: there was nothing new to write; waiting: for a box that is not there"]


def _stages(streak: dict[str, Any]) -> list[str]:
    pipelines = streak["pipelines"]
    at = Counter((box["pipelineKey"], _stage(pipelines, box)) for box in streak["boxes"])
    names = dict.fromkeys(one["stages"][key]["name"] for one in pipelines for key in one["stageOrder"])
    return [
        "  " + "".ljust(16) + "".join(pipeline["name"].rjust(15) for pipeline in pipelines),
        *(f"  {name:<16}" + "".join(_count(at[one["key"], name], 15) for one in pipelines) for name in names),
    ]


def _newest(streak: dict[str, Any]) -> list[str]:
    pipelines = {pipeline["key"]: pipeline for pipeline in streak["pipelines"]}
    dated = [(_field(pipelines[box["pipelineKey"]], box, "Order Date"), box) for box in streak["boxes"]]
    lines = []
    for _, box in sorted(dated, key=lambda pair: int(pair[0] or 0), reverse=True)[:5]:
        total, currency = (_field(pipelines[box["pipelineKey"]], box, name) for name in ("Total", "Currency"))
        stage = _stage(streak["pipelines"], box)
        lines.append(f"  {_fit(box['name'], 44)}  {total.rjust(12)} {currency}   {stage}")
    return lines


def _fit(text: str, width: int) -> str:
    """Cut and fill to a width on the screen, where some letters take two places."""
    while _places(text) > width:
        text = text[:-1]
    return text + " " * (width - _places(text))


def _places(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _stage(pipelines: list[dict[str, Any]], box: dict[str, Any]) -> str:
    (pipeline,) = (one for one in pipelines if one["key"] == box["pipelineKey"])
    return str(pipeline["stages"][box["stageKey"]]["name"])


def _count(number: int, width: int) -> str:
    return (f"{number:,}" if number else "·").rjust(width)


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
