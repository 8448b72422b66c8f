"""The common stories as Singer files that can be piped by hand, through the shipped mapping.

    MAPPER_CROSSWALK_MAPPING_FILE=transform/mappings/clarity-streak.yml .venv/bin/mapper-crosswalk --config=ENV \
        < transform/tests/stories/one_order.singer

NAME.mapped.singer beside NAME.singer holds the records and the state that come out; to take what comes out now as
right, write it there: `… | grep -v '^{"type":"SCHEMA"'`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MAPPING = HERE.parents[1] / "mappings" / "clarity-streak.yml"
STORIES = sorted(path for path in HERE.glob("*.singer") if ".mapped" not in path.suffixes)


def test_the_common_stories_are_told() -> None:
    names = {path.stem for path in STORIES}
    assert names >= {"one_order", "guest_order", "refund", "customer", "box_moved"}


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_singer_file_is_mapped(story: Path) -> None:
    env = {**os.environ, "MAPPER_CROSSWALK_MAPPING_FILE": str(MAPPING)}
    command = [sys.executable, "-m", "mapper_crosswalk", "--config=ENV"]
    with story.open("rb") as lines:
        done = subprocess.run(command, stdin=lines, capture_output=True, env=env, check=True, timeout=60)
    mapped = [line for line in done.stdout.decode().splitlines() if not line.startswith('{"type":"SCHEMA"')]
    assert mapped == story.with_suffix(".mapped.singer").read_text().splitlines()
