"""What the kit offers is listed once for programs and once for type checkers, and can be loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import singer_rest


def test_stub_and_package_offer_the_same_names() -> None:
    stub = Path(singer_rest.__file__).with_suffix(".pyi").read_text()
    imports = (node for node in ast.walk(ast.parse(stub)) if isinstance(node, ast.ImportFrom))
    listed = {alias.name: node.module for node in imports for alias in node.names}
    assert listed == {name: f"singer_rest{module}" for name, module in vars(singer_rest)["_MODULES"].items()}


@pytest.mark.parametrize("name", vars(singer_rest)["__all__"])
def test_each_name_can_be_loaded(name: str) -> None:
    assert getattr(singer_rest, name) is not None


def test_what_is_not_listed_is_private() -> None:
    with pytest.raises(AttributeError, match="no public name 'Lanes'"):
        _ = singer_rest.Lanes  # type: ignore[attr-defined]


def test_a_tap_does_not_load_the_ledger() -> None:
    program = "import sys; from singer_rest import RestTap, RestClient; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
