"""Speed of whole pipes on unchanged records: ours beside stock SDK parts, in one run."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from piping import BIN, HERE, environment, run, stock_mapper
from plugins import Places, stock_maps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from piping import Piped

Commands = list[list[str]]


@dataclass(frozen=True, slots=True)
class Compared:
    """The runs of both pipes over the same orders."""

    ours: list[Piped]
    stock: list[Piped]

    @property
    def ratio(self) -> float:
        """How many times as fast ours is: medians of wall seconds."""
        return median(one.seconds for one in self.stock) / median(one.seconds for one in self.ours)

    @property
    def cpu_ratio(self) -> float:
        """The same by CPU seconds, which other programs on the machine disturb less."""
        return median(one.cpu for one in self.stock) / median(one.cpu for one in self.ours)


def plain(places: Places, rounds: int, *, fan_out: bool = False) -> Compared:
    """Compare three programs joined by pipes; the ledger knows all records."""
    return _compared(
        places,
        rounds,
        lambda: run(places.ours(fan_out=fan_out), places.folder),
        lambda: run(places.stock(fan_out=fan_out), places.folder),
    )


def under_meltano(places: Places, rounds: int) -> Compared:
    """Compare two `meltano run`s of one project."""
    project = _project(places)
    env = environment(MELTANO_SEND_ANONYMOUS_USAGE_STATS="false", MELTANO_CLI_LOG_LEVEL="warning")

    def go(*names: str) -> Piped:
        command = [str(BIN / "meltano"), "run", "--full-refresh", "--force", *names]
        return run([command], places.folder, cwd=project, env=env)

    go("tap-clarity", "mapper", "target-streak")
    return _compared(
        places,
        rounds,
        lambda: go("tap-clarity", "mapper", "target-streak"),
        lambda: go("stock-tap", "stock", "stock-target"),
    )


def _compared(places: Places, rounds: int, ours: Callable[[], Piped], stock: Callable[[], Piped]) -> Compared:
    taken = Compared([], [])
    for _ in range(rounds):
        taken.ours.append(ours())
        read, unchanged = places.unchanged()
        if not read or read != unchanged:
            raise RuntimeError(f"{read - unchanged} of {read} records were not unchanged")
        taken.stock.append(stock())
    return taken


def _project(places: Places) -> Path:
    """Write a Meltano project with both pipes, their programs where they are."""
    project = places.folder / "project"
    project.mkdir(exist_ok=True)
    for name in ("stock_tap", "stock_target"):
        program = project / name.replace("_", "-")
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / name}.py" "$@"\n')
        program.chmod(0o755)
    mapping = {"mapping_file": str(places.mapping(fan_out=False))}
    plugins = {
        "extractors": [
            _plugin("tap-clarity", BIN / "tap-clarity", ["catalog", "discover", "state"], places.tap()),
            _plugin(
                "stock-tap",
                project / "stock-tap",
                ["catalog", "discover", "state"],
                {"api_url": places.shop_url, "page_size": 250},
            ),
        ],
        "mappers": [
            _mapper("crosswalk", BIN / "mapper-crosswalk", "mapper", mapping),
            _mapper("transform", stock_mapper(), "stock", stock_maps(fan_out=False)),
        ],
        "loaders": [
            _plugin("target-streak", BIN / "target-streak", [], places.target()),
            _plugin("stock-target", project / "stock-target", [], {}),
        ],
    }
    settings = {
        "project_id": "bench",
        "send_anonymous_usage_stats": False,
        "default_environment": "bench",
        "cli": {"disable_version_check": True},
        "elt": {"buffer_size": 4_194_304},
        "environments": [{"name": "bench"}],
        "plugins": plugins,
    }
    (project / "meltano.yml").write_text(json.dumps(settings))
    return project


def _plugin(name: str, program: Path, capabilities: list[str], config: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": name.replace("-", "_"),
        "executable": str(program),
        "capabilities": [*capabilities, "structured-logging"],
        "settings": [{"name": setting} for setting in config],
        "config": config,
    }


def _mapper(name: str, program: str | Path, mapping: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": name,
        "executable": str(program),
        "settings": [{"name": setting} for setting in config],
        "mappings": [{"name": mapping, "config": config}],
    }
