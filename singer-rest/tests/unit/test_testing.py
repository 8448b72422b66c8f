"""What tests share needs no driver of PostgreSQL until a server is started."""

from __future__ import annotations

import importlib
import sys

import pytest

MODULES = ["postgresql", "scripted_api"]


def test_everything_is_imported_without_psycopg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in ["singer_rest.testing", *(f"singer_rest.testing.{module}" for module in MODULES)]:
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.import_module(name)
    with pytest.raises(ImportError):
        importlib.import_module("psycopg")
