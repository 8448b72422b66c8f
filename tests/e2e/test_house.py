"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from running import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = (
    "console",
    "singer-rest",
    "sandbox",
    "demos",
    "tap-clarity",
    "tap-streak",
    "target-clarity",
    "target-streak",
    "transform",
)
SOURCES = [path for folder in (*FOLDERS, "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
PRODUCT = [path for path in SOURCES if "tests" not in path.relative_to(ROOT).parts]
# their floats are seconds of a header, a query or a setting
SECONDS = {"answers.py", "auth.py", "database.py", "exchange.py", "feed.py", "oauth.py"}
VAGUE = re.compile(r"^(utils?|common|managers?|handlers?|helpers?|misc)$")


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_money_is_never_a_float(path: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    floats = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "float"]
    assert floats == [] or path.name in SECONDS


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_about_one_thing(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
    assert not VAGUE.match(path.stem)


def test_dependencies_point_one_way() -> None:
    allowed = {
        "sync_console": {"mapper_crosswalk", "singer_rest"},
        "singer_rest": set(),
        "tap_clarity": set(),
        "tap_streak": set(),
        "mapper_crosswalk": set(),
        "target_clarity": {"singer_rest"},
        "target_streak": {"singer_rest"},
    }
    for path in PRODUCT:
        package = path.relative_to(ROOT).parts[1]
        imported = {name.split(".")[0] for name in _imports(path)} & (allowed.keys() | {"sandbox", "tests"})
        assert imported - {package} <= allowed[package], path


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return names


@pytest.mark.parametrize("module", ["ending", "feed", "following", "progress"])
def test_what_both_taps_need_is_the_same_in_both(module: str) -> None:
    clarity, streak = (ROOT / f"tap-{one}" / f"tap_{one}" / f"{module}.py" for one in ("clarity", "streak"))
    assert re.sub(r"(tap.)clarity", r"\1streak", clarity.read_text()) == streak.read_text()
