"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = sorted(path.parent for path in ROOT.glob("*/pyproject.toml"))
FOLDERS = [*DISTRIBUTIONS, ROOT / "demos", ROOT / "tests"]
SOURCES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
# the sandbox and the demos play with time, and a test compares the sandbox's money digit by digit
PRODUCT = [path for path in SOURCES if not {"tests", "sandbox", "demos"} & {*path.relative_to(ROOT).parts}]
# their floats are seconds of a header, a query or a setting
SECONDS = {"http", "auth.py", "connect.py", "exchange.py", "feed.py"}
VAGUE = re.compile(r"^(utils?|common|managers?|handlers?|helpers?|misc)$")


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_money_is_never_a_float(path: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    floats = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "float"]
    assert floats == [] or SECONDS & {*path.parts}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_about_one_thing(path: Path) -> None:
    assert not VAGUE.match(path.stem)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_long_module_says_why(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400 or "because" in (ast.get_docstring(ast.parse(text)) or "")
