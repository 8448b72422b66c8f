from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from mapper_crosswalk.syntax.document import fingerprint, read_document
from singer_rest import DocumentError, Node

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, text: str) -> Node:
    path = folder / "m.yml"
    path.write_text(text)
    return read_document(path)


SCALARS: list[tuple[str, Any]] = [
    ("5", 5),
    ("1_000", 1000),
    ("5.10", Decimal("5.10")),
    ("true", True),
    ("null", None),
    ("~", None),
    ("'5'", "5"),
    ("2026-05-01", "2026-05-01"),
    (".nan", ".nan"),
    ("Gold", "Gold"),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_scalar_keeps_its_digits(tmp_path: Path, text: str, value: Any) -> None:
    plain = read(tmp_path, f"a: {text}").plain()
    assert plain == {"a": value}
    assert type(plain["a"]) is type(value)


def test_every_node_knows_the_line_of_its_key(tmp_path: Path) -> None:
    root = read(tmp_path, "a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert (root.value["a"].line, root.value["b"].line) == (1, 2)
    assert [item.line for item in root.value["b"].value] == [3, 4]


def test_merge_keys_fill_in_and_never_overwrite(tmp_path: Path) -> None:
    root = read(tmp_path, "base: &base {a: 1, b: 2}\nmade: {b: 3, <<: *base}\n")
    assert root.plain()["made"] == {"a": 1, "b": 3}


BROKEN = [
    ("a: [", "broken YAML"),
    ("", "is empty"),
    ("a: 1\na: 2", "m.yml:2: 'a' is written twice (first at line 1)"),
    ("? [a]\n: 1", "a key must be a plain text"),
    ("a: &x [*x]", "an alias that contains itself"),
    ("a: {<<: 5}", "'<<' takes a mapping"),
]


@pytest.mark.parametrize(("text", "problem"), BROKEN)
def test_what_is_broken_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, text)
    assert problem in str(caught.value)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DocumentError, match="is not UTF-8 text"):
        read_document(tmp_path / "m.yml")


def test_layout_changes_no_fingerprint(tmp_path: Path) -> None:
    first = fingerprint(read(tmp_path, "a: {b: 1}"))
    assert fingerprint(read(tmp_path, "# told\na:\n  b: 1\n")) == first
    assert fingerprint(read(tmp_path, "a: {b: 2}")) != first
