"""The rooms of the mapper: each imports only from itself and from those before it."""

from __future__ import annotations

import ast
from pathlib import Path

import mapper_crosswalk
import pytest

ROOT = Path(mapper_crosswalk.__file__).parent
ROOMS = ("syntax", "values", "types", "compile", "check", "run")
MODULES = {".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path for path in ROOT.rglob("*.py")}


def imports(module: str) -> set[str]:
    """All modules of the mapper that a module imports, for its types only too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            names |= inside or {node.module}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names & MODULES.keys()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_the_rooms_before_it(room: str) -> None:
    before = {f"mapper_crosswalk.{name}" for name in ROOMS[: ROOMS.index(room) + 1]}
    outside = [
        (module, name)
        for module in MODULES
        if module.startswith(f"mapper_crosswalk.{room}.")
        for name in imports(module)
        if ".".join(name.split(".")[:2]) not in before
    ]
    assert outside == []


def test_every_folder_is_a_room() -> None:
    assert {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(ROOMS)
