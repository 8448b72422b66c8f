"""What public clients of Streak send, byte for byte, with the answer that each of them needs to go on.

`recorded_requests.ndjson` holds the requests; `<name>` in one is a key of the small account in conftest.py.
"""

from __future__ import annotations

import json
from base64 import b64encode
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("recorded_requests.ndjson").read_text().splitlines()
]
OK = 200


def authorization(manner: str, key: str) -> dict[str, str]:
    """The header of `basic key:`, `basic key` and so on, `bearer` or `none`."""
    scheme, _, form = manner.partition(" ")
    credentials = {"basic": b64encode(form.replace("key", key).encode()).decode(), "bearer": key, "none": ""}[scheme]
    return {"Authorization": f"{scheme.capitalize()} {credentials}"} if credentials else {}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['client']} {row['does']}" for row in ROWS])
def test_a_client_gets_what_it_needs(sandbox: Sandbox, streak: Any, account: Any, row: dict[str, Any]) -> None:
    row = account.filled(row)
    if "switch" in row:
        streak.switch(**row["switch"])
    connection = HTTPConnection(urlsplit(sandbox.streak_url).netloc, timeout=10)
    headers = authorization(row["auth"], sandbox.streak_key) | row.get("headers", {})
    connection.request(row["verb"], f"/api/{row['target']}", row.get("body", "").encode() or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == row.get("status", OK), content
    if row.get("bytes"):
        assert content
    elif "needs" in row:
        assert account.differences(json.loads(content), row["needs"]) == []
