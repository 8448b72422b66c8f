"""What the mapping could not map is mapped after the mapping was mended, as the README says."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from crm import Crm
from running import BIN, MAPPING, clean_environment
from shop import customer, guest, order

if TYPE_CHECKING:
    from pathlib import Path

    from running import Pipe


@pytest.fixture
def mended(tmp_path: Path) -> Path:
    """The shipped mapping with one more status."""
    text = MAPPING.read_text().replace("../..", str(MAPPING.parent.parent.parent))
    row = "      - [shipped, Shipped]\n"
    assert row in text
    path = tmp_path / "clarity-streak.yml"
    path.write_text(text.replace(row, f"{row}      - [teleported, Won]\n"))
    return path


def test_exported_orders_are_mapped_by_the_mended_mapping(pipe: Pipe, mended: Path) -> None:
    pipe.target_config["effects_since"] = "2020-01-01T00:00:00Z"
    pipe.sandbox.load([customer(), order(status="teleported"), guest(100235, status="teleported")])
    pipe.run()
    assert Crm(pipe.sandbox.snapshot()).boxes == []
    pipe.mapping = mended
    exported = pipe.letters("export", "--stream", "orders")
    mapped = _plugin(pipe, "mapper-crosswalk", {"mapping_file": str(pipe.mapping)}, exported)
    for _ in range(2):  # twice sent, still once there
        _plugin(pipe, "target-streak", pipe.target_settings(), mapped)
    boxes = Crm(pipe.sandbox.snapshot()).boxes
    assert [(box["stage"], box["fields"]["Total"]) for box in boxes] == [("Won", "208.38")] * 2
    assert [len(box["tasks"]) for box in boxes] == [1, 1]
    assert "no dead letters" in pipe.letters()
    pipe.run(full_refresh=True)
    assert Crm(pipe.sandbox.snapshot()).boxes == boxes


def _plugin(pipe: Pipe, name: str, settings: dict[str, object], lines: str) -> str:
    config = pipe.folder / f"{name}.json"
    config.write_text(json.dumps(settings))
    command = [str(BIN / name), "--config", str(config)]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, env=clean_environment(), timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
