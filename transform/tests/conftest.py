"""A small shop and CRM: schemas on disk, and a mapping written beside them."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from typing import TYPE_CHECKING

from crosswalk_shop import HEAD, SCHEMAS, TEXT, Pipe
from hypothesis import HealthCheck, settings
from mapper_crosswalk.check.mapping import Mapping, load_mapping
from singer_rest import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable

settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    for system, streams in SCHEMAS.items():
        (tmp_path / system).mkdir()
        for stream, schema in streams.items():
            (tmp_path / system / f"{stream}.json").write_text(json.dumps(schema))
    (tmp_path / "crm-tap").mkdir()
    stages = {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}, "stageName": TEXT}}
    (tmp_path / "crm-tap" / "deals.json").write_text(json.dumps(stages))

    def write_mapping(text: str) -> Path:
        path = tmp_path / "mapping.yml"
        path.write_text(HEAD + textwrap.dedent(text))
        return path

    return write_mapping


@pytest.fixture
def load(write: Callable[[str], Path]) -> Callable[[str], Mapping]:
    return lambda text: load_mapping(write(text))


@pytest.fixture
def findings(load: Callable[[str], Mapping]) -> Callable[[str], list[str]]:
    """Load a mapping and return what is wrong, as `line: where: what` (lines counted behind the head)."""

    def find(text: str) -> list[str]:
        try:
            load(text)
        except DocumentError as error:
            return [f"{one.line - HEAD.count(chr(10))}: {one.where}: {one.what}" for one in error.findings]
        return []

    return find


@pytest.fixture
def pipe(write: Callable[[str], Path], capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[[str], Pipe]:
    return lambda text: Pipe(write(text), capsysbinary)
