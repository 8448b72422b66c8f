"""Somebody else's targets, from PyPI: each in a virtual environment of its own, made once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from running import BIN, ROOT, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

JSONL = ("target-jsonl", "0.1.4")
DUCKDB = ("target-duckdb", "0.8.0")


def program(name: str, version: str) -> Path:
    """The target's command; it wants other libraries than the SDK."""
    home = ROOT / ".work" / "reuse" / f"{name}-{version}"
    if not (home / "bin" / name).exists():
        uv = str(BIN / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(home), f"{name}=={version}"]
        subprocess.run(install, check=True, timeout=240, env=clean_environment())
    return home / "bin" / name


def load(target: tuple[str, str], settings: dict[str, Any], lines: str, folder: Path) -> dict[str, Any]:
    """Pipe the lines into the target; returns the STATE that it gives back."""
    (folder / "config.json").write_text(json.dumps(settings))
    command = [str(program(*target)), "--config", str(folder / "config.json")]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=120)
    state: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return state


def query(script: str, *arguments: str) -> list[str]:
    """What a script prints that runs where target-duckdb's libraries are."""
    command = [str(program(*DUCKDB).with_name("python")), "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
