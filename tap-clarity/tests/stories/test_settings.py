"""What the tap says about itself without being asked to read."""

import json
import re
import subprocess
import sys
from typing import Any


def program(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tap_clarity", *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_version_and_markdown() -> None:
    assert re.match(r"tap-clarity v\d+\.\d+\.\d+", program("--version"))
    assert "| api_url | True |" in program("--about", "--format=markdown")


def test_discovery_asks_the_shop_nothing(shop: Any) -> None:
    catalog = json.loads(shop.runs.program("--discover").stdout)
    assert [stream["stream"] for stream in catalog["streams"]] == [
        "customers",
        "products",
        "orders",
        "payments",
        "invoices",
    ]
    assert shop.asked == []
