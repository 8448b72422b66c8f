"""What READMEs and docs name exists: files, modules and what is in them, links."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from running import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("tests/*/README.md"), *ROOT.glob("docs/**/*.md")]
)
FOLDERS = sorted(
    {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/*/__init__.py")} | {"docs", "demos", "tests"}
)
PACKAGES = {path.parent.name: path.parent for path in ROOT.glob("*/*/__init__.py") if path.parent.name != "tests"}
FENCE = re.compile(r"^```(\w*).*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PATH = re.compile(r"[\w.*-]+(/[\w.*-]+)*/?")
DOTTED = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?::([A-Za-z_]\w*))?(?:\(.*\))?")
IMPORT = re.compile(r"^from (\w+(?:\.\w+)*) import \(?([\w, ]+)", re.MULTILINE)
SUFFIXES = {"py", "md", "yml", "json", "db"}
MADE = {".env", "VERSION", "sync-console.db"}  # what a user makes, or what a run makes
RUNTIME = (".meltano", ".work", ".venv", ".uv", "ledger")


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text())


def codes(page: Path) -> list[str]:
    return sorted(set(CODE.findall(prose(page))))


@cache
def names(module: Path) -> frozenset[str]:
    """Everything that a module defines: its names, those of its classes, attributes of self."""
    tree = ast.parse(module.read_text())
    found = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    found |= {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return frozenset(found | {alias.asname or alias.name for node in imported for alias in node.names})


@cache
def modules(folder: Path) -> dict[str, list[Path]]:
    """The modules of a distribution by name."""
    found: dict[str, list[Path]] = {}
    for package in PACKAGES.values():
        if folder in (ROOT, package.parent):
            for path in package.rglob("*.py"):
                found.setdefault(path.stem, []).append(path)
    return found


def resolves(dotted: str, attribute: str | None) -> bool:
    """Whether a name that begins with one of our packages leads to a module, or to something in one."""
    first, *rest = dotted.split(".")
    place = PACKAGES[first]
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    module = place / f"{rest[0]}.py" if rest and (place / f"{rest[0]}.py").exists() else place / "__init__.py"
    wanted = [*(rest[1:] if module.name != "__init__.py" else rest), *([attribute] if attribute else [])]
    return module.exists() and set(wanted) <= names(module)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(prose(page)) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_exist(page: Path) -> None:
    assert [code for code in codes(page) if PATH.fullmatch(code) and not _exists(page, code)] == []


def _exists(page: Path, code: str) -> bool:
    first, *rest = code.split("/")
    if first in RUNTIME or Path(code).name in MADE:
        return True
    if rest:
        homes = [home for home in (ROOT, *_homes(page)) if (home / first).is_dir()]
        return not homes or any(list(home.glob(code)) for home in homes)
    return (
        not code.endswith((".py", ".md"))
        or (ROOT / code).exists()
        or any(list(home.rglob(code)) for home in _homes(page))
    )


def _homes(page: Path) -> list[Path]:
    """The folders whose files a page may name by their paths in them: at the root, those of all distributions."""
    return [ROOT / name for name in FOLDERS] if page.parent == ROOT else [page.parent]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_of_the_code_exist(page: Path) -> None:
    unknown = []
    for code in codes(page):
        if not (match := DOTTED.fullmatch(code)):
            continue
        dotted, attribute = match.groups()
        first, *rest = dotted.split(".")
        if first in PACKAGES:
            unknown += [] if resolves(dotted, attribute) else [code]
        elif (known := modules(page.parent).get(first)) and rest[-1] not in SUFFIXES:
            unknown += [] if any(rest[0] in names(module) for module in known) else [code]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_examples_import_exists(page: Path) -> None:
    examples = "\n".join(text for _, text in FENCE.findall(page.read_text()))
    imports = [(module, name.strip()) for module, listed in IMPORT.findall(examples) for name in listed.split(",")]
    ours = [(module, name) for module, name in imports if module.split(".")[0] in PACKAGES and name]
    assert [f"{module}:{name}" for module, name in ours if not resolves(module, name)] == []
