"""Programs joined by pipes, with what each of them cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
STOCK_MAPPER = "meltano-map-transform"


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds (with those of children) and the largest resident memory in MB of one program."""

    cpu: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Piped:
    """What a pipe took: wall seconds, and each program's cost."""

    seconds: float
    costs: tuple[Cost, ...]

    @property
    def cpu(self) -> float:
        """CPU seconds of all programs."""
        return sum(cost.cpu for cost in self.costs)


def environment(**more: str) -> dict[str, str]:
    """The environment without what a user's shell may set for the plugins."""
    ours = ("TAP_", "TARGET_", "MAPPER_", "MELTANO_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith((*ours, "PYTHON"))}
    return clean | {"LOGLEVEL": "ERROR"} | more


def run(
    commands: Sequence[Sequence[str]],
    folder: Path,
    *,
    source: Path | None = None,
    output: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Piped:
    """Run the programs as one pipe. RuntimeError with what they said when one fails."""
    started: list[subprocess.Popen[bytes]] = []
    log = folder / "stderr.log"
    with log.open("wb") as said, (output or Path(os.devnull)).open("wb") as end:
        given = source.open("rb") if source else subprocess.DEVNULL
        began = time.perf_counter()
        reports = [folder / f"cost-{number}" for number in range(len(commands))]
        for report, command in zip(reports, commands, strict=True):
            last = report == reports[-1]
            started.append(
                subprocess.Popen(
                    [sys.executable, "-I", "-S", str(HERE / "costing.py"), str(report), *command],
                    stdin=started[-1].stdout if started else given,
                    stdout=end if last else subprocess.PIPE,
                    stderr=said,
                    cwd=cwd,
                    env=dict(env or environment()),
                )
            )
        for program in started[:-1]:
            assert program.stdout
            program.stdout.close()
        for program in started:
            program.wait()
        seconds = time.perf_counter() - began
    if any(program.returncode for program in started):
        codes = [program.returncode for program in started]
        raise RuntimeError(f"{[c[0] for c in commands]} ended with {codes}: {log.read_text()[-2000:]}")
    return Piped(seconds, tuple(_cost(report) for report in reports))


def _cost(report: Path) -> Cost:
    cpu, peak = report.read_text().split()
    return Cost(float(cpu), int(peak) / 1024)


def settings_file(folder: Path, name: str, settings: Mapping[str, Any]) -> str:
    """Write a plugin's settings and return the path."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps(settings))
    return str(path)


def stock_mapper() -> str:
    """Return the stock mapper's program, in a venv of its own."""
    venv = ROOT / ".work" / "bench"
    program = venv / "bin" / STOCK_MAPPER
    if not program.exists():
        uv = str(ROOT / ".uv" / "bin" / "uv")
        subprocess.run([uv, "venv", "-q", str(venv)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "-p", str(venv), STOCK_MAPPER], check=True)
    return str(program)
