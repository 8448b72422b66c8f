"""`make demo-live`: a busy day of a small shop in real time; servers, receiver and pipelines, stopped at the end."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import requests
from demo_day import Day
from demo_outcome import lost, outcome
from demo_runs import fresh, sandbox
from demo_screen import screen
from demo_watch import Watch
from live_site import LiveSite, UnwellError
from running import BIN, MAPPING, ROOT

FOLDER = ROOT / ".work" / "demo-live"
STOPPED = "Stopped; nothing is left running."
INTERRUPTED = 130
LOOK_SECONDS = 0.2
LEAST_SECONDS, MOST_SECONDS = 5, 3600
PATIENCE = 60.0
LATENCY_MS = 100  # of every answer, as on the internet
SHARE = "60"  # requests a second: a day within a minute needs more than the 4 of a real one
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", default="60", help="how long the day is")
    seconds = _seconds(parser.parse_args().seconds)
    os.umask(0o077)
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return _demo(seconds)
    except KeyboardInterrupt:
        print(f"\n{STOPPED}")
        return INTERRUPTED
    except (UnwellError, requests.RequestException, RuntimeError) as error:
        print(f"\nThe demo failed: {_end_of(str(error))}\n\nThe logs are in {FOLDER.relative_to(ROOT)}. {STOPPED}")
        return 1


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        sys.exit(f"SECONDS is how long the day is: a number from {LEAST_SECONDS} to {MOST_SECONDS}, not {given!r}.")
    return seconds


def _demo(seconds: float) -> int:
    with ExitStack() as stack:
        stack.enter_context(fresh(FOLDER))
        _say("Starting the sandbox: a shop and a CRM as local servers")
        running = stack.enter_context(sandbox(FOLDER, "empty"))
        site = LiveSite(running, FOLDER, {"SYNC_CONSOLE_LIVE_REQUESTS_PER_SECOND": SHARE})
        stack.callback(_close, site)
        watch = Watch(site)
        _open(site, watch)
        running.limits(latency_ms=LATENCY_MS)
        elapsed = _spend(Day(running, seconds), watch)
        snapshot = running.snapshot()
    (FOLDER / "streak.json").write_text(json.dumps(snapshot["streak"], indent=1, ensure_ascii=False, default=str))
    print(outcome(watch, snapshot["streak"], elapsed))
    return 1 if lost(watch) or watch.doubled() else 0


def _open(site: LiveSite, watch: Watch) -> None:
    """Set up what docs/real-time.md sets up, in the same order."""
    _say("Making the fields in Streak that the mapping names: target-streak setup")
    _set_up(site)
    _say("Starting the receiver of webhooks: sync-console receive")
    site.receive()
    _say("Registering the webhooks: sync-console webhooks sync")
    site.console("webhooks", "sync")
    _say("Starting both pipelines: sync-console live")
    site.start("live")
    site.wait_for(lambda: site.all_running() and watch.ready())


def _set_up(site: LiveSite) -> None:
    schemas = subprocess.run([str(BIN / "mapper-crosswalk"), "schemas", str(MAPPING)], capture_output=True, check=True)
    done = subprocess.run(
        [str(BIN / "target-streak"), "--config=ENV", "setup"],
        input=schemas.stdout,
        env={**site.environment, "TARGET_STREAK_API_KEY": site.sandbox.streak_key},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise UnwellError(done.stderr.decode())


def _spend(day: Day, watch: Watch) -> float:
    """Let people work, until everything has arrived or nothing more does; the seconds that took."""
    began = time.monotonic()
    with screen(day.seconds) as shown:
        while True:
            watch.site.all_running()
            watch.look()
            watch.check()
            elapsed = time.monotonic() - began
            shown.show(watch, elapsed)
            if elapsed > day.seconds + PATIENCE or not (day.agenda or watch.waiting or watch.health.queue):
                return elapsed
            assert watch.crm is not None  # looked at above
            watch.waiting += day.go_on(elapsed, watch.known, watch.crm, watch.busy)
            time.sleep(LOOK_SECONDS)


def _close(site: LiveSite) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # it is being stopped
    _say("Stopping the pipelines, the receiver and the servers")
    site.stop()


def _end_of(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-15:])


def _interrupt(*_: object) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(f"{text} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
