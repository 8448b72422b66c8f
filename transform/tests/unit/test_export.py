"""The JSON Schema that editors check mapping files with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from crosswalk_shop import MAPPING
from mapper_crosswalk.check.export import mapping_schema
from mapper_crosswalk.compile.transforms import TRANSFORMS
from mapper_crosswalk.syntax.grammar import DIRECTIVES, SHAPES

PACKAGE = Path(__file__).resolve().parents[2]
Write = Callable[[str], Path]


def test_the_schema_for_editors_takes_what_the_loader_takes(write: Write) -> None:
    validator = jsonschema.Draft7Validator(mapping_schema())
    validator.check_schema(mapping_schema())
    texts = [write(MAPPING).read_text(), *(path.read_text() for path in (PACKAGE / "mappings").glob("*[!t].yml"))]
    for text in texts:
        mapping = yaml.safe_load(text)
        if isinstance(mapping, dict):
            validator.validate(mapping)


@pytest.mark.parametrize(
    "change",
    [
        {"flows": {"box": {"form": "shop.orders"}}},
        {"unmapped_streams": "keep"},
        {"tables": {"stages": {"rows": [["a"]]}}},
        {"version": 2},
    ],
)
def test_the_schema_for_editors_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    good = {"version": 1, "flows": {}}
    assert not jsonschema.Draft7Validator(mapping_schema()).is_valid({**good, **change})


def test_every_key_directive_and_transform_is_described() -> None:
    definitions = mapping_schema()["definitions"]
    assert definitions["flow"]["properties"].keys() == SHAPES["flow"]["properties"].keys()
    assert {f"{name} directive" for name in DIRECTIVES} <= definitions.keys()
    lines = definitions["pipe"]["description"].splitlines()[1:]
    assert [line.split(" – ")[0].split(":")[0].split("[")[0] for line in lines] == list(TRANSFORMS)
