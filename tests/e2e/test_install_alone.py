"""Each plugin installs alone, in a virtual environment of its own, and says what it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from running import BIN, ROOT, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

UV = BIN / "uv"


@pytest.mark.parametrize(
    ("plugin", "folders"),
    [
        ("sync-console", ["singer-rest", "transform", "console"]),
        ("tap-clarity", ["singer-rest", "tap-clarity"]),
        ("tap-streak", ["singer-rest", "tap-streak"]),
        ("mapper-crosswalk", ["singer-rest", "transform"]),
        ("target-clarity", ["singer-rest", "target-clarity"]),
        ("target-streak", ["singer-rest", "target-streak"]),
    ],
)
def test_a_plugin_installs_alone(plugin: str, folders: list[str], tmp_path: Path) -> None:
    environment = clean_environment() | {"UV_CONSTRAINT": str(ROOT / "constraints.txt")}
    venv = tmp_path / "venv"
    install = [str(UV), "pip", "install", "--quiet", "--python", str(venv), *(f"./{folder}" for folder in folders)]
    for command in ([str(UV), "venv", "--quiet", "--python", sys.executable, str(venv)], install):
        subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=240)
    program = str(venv / ("Scripts" if os.name == "nt" else "bin") / plugin)
    assert "0.1.0" in _says(program, "--version")
    assert json.loads(_says(program, "--about", "--format=json"))["name"] == plugin
    assert plugin in _says(program, "--about", "--format=markdown")


def _says(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=clean_environment())
    return done.stdout
