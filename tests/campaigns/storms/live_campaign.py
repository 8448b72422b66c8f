"""A storm over an installation in real time, for minutes: nothing is lost, doubled or goes round and round.

`make chaos-live MINUTES=10 SEED=1` runs it. The same seed draws the same people and blows; what a blow meets depends on
the moment.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox.testing import Sandbox, read_ports
from storm import Storm

SHOWN = 50


def main() -> int:
    """Run it; 1 when anything is not as it must be, with all logs kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    sys.stderr.write(f"seed {given.seed}, logs in {folder}\n")
    command = [sys.executable, "-m", "sandbox", "serve", "--clarity-port", "0", "--streak-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        storm = Storm(Sandbox(**read_ports(server)), folder, given.seed, told=True)
        try:
            report = storm.rage(given.minutes * 60)
        finally:
            storm.close()
            server.terminate()
    (folder / "story.log").write_text("\n".join(storm.day.log))
    sys.stdout.write(f"{report}\n")
    if not report.is_good:
        sys.stdout.write("".join(f"  {one}\n" for one in (report.broken + report.verdict.findings)[:SHOWN]))
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
