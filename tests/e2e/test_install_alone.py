"""Each plugin installs alone, from a checkout and from wheels, in an environment of its own, and says what it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tomllib
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from running import BIN, ROOT, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UV = BIN / "uv"
PLUGINS = ["sync-console", "tap-clarity", "tap-streak", "mapper-crosswalk", "target-clarity", "target-streak"]
PROJECTS = {
    project["name"]: (folder.parent, [needed.partition("[")[0] for needed in project["dependencies"]])
    for folder in ROOT.glob("*/pyproject.toml")
    for project in [tomllib.loads(folder.read_text())["project"]]
}


def ours(name: str) -> Iterator[str]:
    """Name a distribution of this repository and those that it needs."""
    yield name
    for needed in PROJECTS[name][1]:
        if needed in PROJECTS:
            yield from ours(needed)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make dist` builds."""
    folder = tmp_path_factory.mktemp("dist")
    _uv("build", "--all-packages", "--out-dir", str(folder))
    return folder


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_installs_alone_from_the_checkout(plugin: str, tmp_path: Path) -> None:
    _install(tmp_path, *sorted({f"./{PROJECTS[name][0].name}" for name in ours(plugin)}))
    _is_there(tmp_path, plugin)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_installs_alone_from_wheels(plugin: str, wheels: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.glob(f"{plugin.replace('-', '_')}-*.whl")
    _install(tmp_path, "--find-links", str(wheels), str(wheel))
    _is_there(tmp_path, plugin)


def test_every_distribution_brings_its_licence_and_types(wheels: Path) -> None:
    assert len(list(wheels.glob("*.whl"))) == len(list(wheels.glob("*.tar.gz"))) == len(PROJECTS)
    for path in wheels.glob("*.whl"):
        names = ZipFile(path).namelist()
        assert [name for name in names if name.endswith("licenses/LICENSE")], path
        assert [name for name in names if name.endswith("py.typed")] or "sandbox" in path.name, path
    for path in wheels.glob("*.tar.gz"):
        with tarfile.open(path) as archive:
            assert f"{path.name.removesuffix('.tar.gz')}/LICENSE" in archive.getnames()


def _install(folder: Path, *what: str) -> None:
    _uv("venv", "--python", sys.executable, str(folder / "venv"))
    _uv("pip", "install", "--python", str(folder / "venv"), *what)


def _uv(*arguments: str) -> None:
    environment = clean_environment() | {"UV_CONSTRAINT": str(ROOT / "constraints.txt"), "UV_COMPILE_BYTECODE": "0"}
    subprocess.run([str(UV), *arguments, "--quiet"], cwd=ROOT, env=environment, check=True, timeout=280)


def _is_there(folder: Path, plugin: str) -> None:
    program = str(folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / plugin)
    assert "0.1.0" in _says(program, "--version")
    assert json.loads(_says(program, "--about", "--format=json"))["name"] == plugin
    assert plugin in _says(program, "--about", "--format=markdown")


def _says(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=clean_environment())
    return done.stdout
