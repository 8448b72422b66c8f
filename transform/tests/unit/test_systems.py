from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from crosswalk_shop import node
from mapper_crosswalk.types.kinds import ANYTHING
from mapper_crosswalk.types.systems import Stream, Systems, read_stream, read_systems, stream_type
from singer_rest import Findings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "stream"),
    [("shop.orders", Stream("shop", "orders")), ("orders", None), ("shop.", None), (".orders", None), ("a.b.c", None)],
)
def test_a_stream_is_system_and_name(text: str, stream: Stream | None) -> None:
    assert read_stream(text) == stream


@pytest.fixture
def systems(tmp_path: Path) -> Systems:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "orders.json").write_text(
        json.dumps({"type": "object", "properties": {"id": {"type": "string"}}})
    )
    findings = Findings("m.yml")
    systems = read_systems(node({"shop": {"tap": "shop"}}), tmp_path, findings)
    assert systems is not None
    assert not findings.entries
    return systems


@pytest.mark.parametrize(
    ("stream", "side", "problems"),
    [
        ("shop.orders", "tap", []),
        ("shop.order", "tap", ["tap of shop has no stream 'order', did you mean 'orders'?"]),
        ("shopp.orders", "tap", ["unknown system 'shopp', did you mean 'shop'?"]),
        ("shop.anything", "target", []),
    ],
)
def test_a_stream_must_be_one_of_its_system(systems: Systems, stream: str, side: str, problems: list[str]) -> None:
    noted: list[str] = []
    parsed = read_stream(stream)
    assert parsed is not None
    kind = stream_type(parsed, side, systems, noted.append)
    assert noted == problems
    assert (kind == ANYTHING) == (stream != "shop.orders")


def test_without_systems_every_stream_can_be_anything() -> None:
    assert stream_type(Stream("a", "b"), "tap", None, lambda _what: None) == ANYTHING


def test_folders_and_files_that_are_no_schemas_are_found(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "orders.json").write_text("{")
    findings = Findings("m.yml")
    read_systems(node({"shop": {"tap": "shop", "target": "nowhere"}}), tmp_path, findings)
    assert [finding.what for finding in findings.entries] == [
        "orders.json is no JSON Schema",
        "there is no folder nowhere",
    ]
