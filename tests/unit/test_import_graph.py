"""Imports point one way: between packages, between the rooms of a package, and never in a circle.

Imports under `if TYPE_CHECKING` and inside functions count. A name that a package's `__init__` re-exports is an import
of the module that it comes from, and the re-export itself is no import.
"""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each may import what is named beside it, and itself.
PACKAGES = {
    "singer_rest": set(),
    "clarity_api": {"singer_rest"},
    "streak_api": {"singer_rest"},
    "mapper_crosswalk": {"singer_rest"},
    "tap_clarity": {"singer_rest", "clarity_api"},
    "tap_streak": {"singer_rest", "streak_api"},
    "target_clarity": {"singer_rest", "clarity_api"},
    "target_streak": {"singer_rest", "streak_api"},
    "sync_console": {"singer_rest", "mapper_crosswalk", "clarity_api", "streak_api"},
    "sandbox": set(),
}
ROOMS = ["errors", "http", "plugin", "ledger", "sync", "cli", "tap target", "testing"]
ORDER = {room: place for place, rooms in enumerate(ROOMS) for room in rooms.split()}
LIGHT_ROOMS = {"errors", "http", "plugin", "tap"}
HEAVY = {"sqlalchemy", "psycopg", "jsonschema_rs"}

Graph = dict[str, set[str]]


def sources() -> dict[str, Path]:
    """Every module of the packages, by its dotted name."""
    modules = {}
    for package in PACKAGES:
        for init in ROOT.glob(f"*/{package}/__init__.py"):
            for path in init.parent.rglob("*.py"):
                parts = path.relative_to(init.parents[1]).with_suffix("").parts
                modules[".".join(parts).removesuffix(".__init__")] = path
    return modules


SOURCES = sources()


@cache
def named_imports(module: str) -> list[tuple[str, str | None]]:
    """What a module imports, as (module, name) or (module, None)."""
    imports: list[tuple[str, str | None]] = []
    path = SOURCES[module]
    stub = path.with_suffix(".pyi")  # names that are loaded when they are asked for
    for node in ast.walk(ast.parse((stub if stub.exists() else path).read_text())):
        if isinstance(node, ast.Import):
            imports += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, path, node)
            imports += [(base, alias.name) for alias in node.names]
    return imports


def _absolute(module: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + (path.name == "__init__.py")]
    return ".".join([*parts, *([node.module] if node.module else [])])


def origin(module: str, name: str | None) -> str:
    """Follow re-exports to the module that has the name."""
    if name and f"{module}.{name}" in SOURCES:
        return f"{module}.{name}"
    if name and module in SOURCES and SOURCES[module].name == "__init__.py":
        for base, exported in named_imports(module):
            if exported == name and base.startswith(module):
                return origin(base, name)
    return module


def module_graph() -> Graph:
    graph: Graph = {}
    for module, path in SOURCES.items():
        targets = {origin(base, name) for base, name in named_imports(module)} & SOURCES.keys()
        if path.name == "__init__.py":
            targets = {target for target in targets if not target.startswith(f"{module}.")}
        graph[module] = targets - {module}
    return graph


def room_graph(package: str) -> Graph:
    """Imports between the folders of a package and the modules beside them."""
    graph: Graph = {}
    for module, targets in MODULES.items():
        if module.startswith(f"{package}."):
            reached = {target.split(".")[1] for target in targets if target.startswith(f"{package}.")}
            room = module.split(".")[1]
            graph.setdefault(room, set()).update(reached - {room})
    return graph


def circles(graph: Graph) -> list[set[str]]:
    """Groups of nodes that reach each other."""
    reached = {node: _reachable(graph, node) for node in graph}
    groups: list[set[str]] = []
    for node in sorted(graph):
        group = {other for other in reached[node] if node in reached.get(other, ())}
        if group and group not in groups:
            groups.append(group)
    return groups


def _reachable(graph: Graph, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [*graph[start]]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += graph.get(node, ())
    return reached


MODULES = module_graph()


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_no_modules_import_each_other() -> None:
    assert circles(MODULES) == []


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_packages_import_one_way(package: str) -> None:
    ours = PACKAGES.keys() | {"tests", "demos"}
    for module in SOURCES:
        if module.split(".")[0] == package:
            imported = {base.split(".")[0] for base, _ in named_imports(module)} & ours
            assert imported - {package} <= PACKAGES[package], module


def test_the_mapper_takes_only_the_shell_of_a_plugin() -> None:
    allowed = ("singer_rest.plugin", "singer_rest.errors")
    for module, targets in MODULES.items():
        if module.startswith("mapper_crosswalk"):
            assert [t for t in targets if t.startswith("singer_rest") and not t.startswith(allowed)] == [], module


def test_rooms_of_the_kit_import_to_the_left() -> None:
    arrows = {
        (room, target)
        for room, targets in room_graph("singer_rest").items()
        for target in targets
        if room in ORDER and (target not in ORDER or ORDER[target] >= ORDER[room])
    }
    assert arrows == set()


def test_every_room_of_the_kit_has_its_place() -> None:
    assert {room for room in room_graph("singer_rest") if not room.startswith("_")} <= ORDER.keys()
    assert all(earlier != later for earlier, later in pairwise(ROOMS))


@pytest.mark.parametrize("package", ["mapper_crosswalk", "sync_console"])
def test_rooms_are_not_in_a_circle(package: str) -> None:
    assert circles(room_graph(package)) == []


def test_other_packages_use_the_public_names_of_the_kit() -> None:
    for module in SOURCES:
        if module.split(".")[0] != "singer_rest":
            private = [base for base, _ in named_imports(module) if base.startswith("singer_rest.")]
            assert private == [], module


def test_taps_and_mapper_stay_light() -> None:
    for module in SOURCES:
        parts = module.split(".")
        if parts[0] == "singer_rest" and parts[1:] and parts[1] in LIGHT_ROOMS:
            assert {base.split(".")[0] for base, _ in named_imports(module)} & HEAVY == set(), module
