"""What the tap says about itself, and the README about its streams."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

README = (Path(__file__).parents[2] / "README.md").read_text()


def program(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tap_streak", *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_version_and_markdown() -> None:
    assert re.match(r"tap-streak v\d+\.\d+\.\d+", program("--version"))
    assert "| api_url | False |" in program("--about", "--format=markdown")


def test_discovery_asks_streak_nothing(server: Any) -> None:
    catalog = json.loads(server.runs.program("--discover").stdout)
    streams = "teams users pipelines stages fields organizations contacts boxes tasks comments meetings timeline"
    assert [stream["stream"] for stream in catalog["streams"]] == streams.split()
    assert server.asked == []


def test_the_streams_of_the_readme_are_the_taps_own(server: Any) -> None:
    catalog = json.loads(server.runs.program("--discover").stdout)
    rows = re.findall(r"^\| `(\w+)` \| `([\w`, ]+)` \| .+ \| .+ \|$", README, re.MULTILINE)
    assert {name: keys.replace("`", "").split(", ") for name, keys in rows} == {
        stream["stream"]: stream["key_properties"] for stream in catalog["streams"]
    }
