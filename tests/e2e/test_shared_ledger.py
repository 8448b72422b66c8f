"""Both targets on one ledger: each knows what the other carried over."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests
import shop
from crm import Crm
from running import BIN, clean_environment

if TYPE_CHECKING:
    from running import Pipe
    from sandbox.testing import Sandbox

LATER = "2099-01-01T00:00:00Z"
STATUS = {"type": "string", "x-sync": {"shared": True, "owner": "source"}}


def record(stream: str, external_id: str, source: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A record as the mapper makes it of one of Streak's."""
    origin = {"system": "streak", "updatedAt": LATER, "date": LATER, **source}
    values = {"externalId": external_id, "_flow": f"to-{stream}", "_source": origin, **values}
    return {"type": "RECORD", "stream": stream, "record": values}


def write_back(pipe: Pipe, *records: dict[str, Any]) -> dict[str, Any]:
    """Run target-clarity on the ledger of the way there."""
    settings = {
        "api_url": pipe.sandbox.clarity_url,
        "api_key": pipe.sandbox.clarity_key,
        "ledger_url": pipe.target_settings()["ledger_url"],
        "source": pipe.sandbox.streak_url,
        "summary_file": str(pipe.folder / "back.json"),
        "requests_per_second": 1000,
        "retry_seconds": 1,
    }
    lines = []
    for one in records:
        schema = {"type": "object", "properties": {"status": STATUS} if one["stream"] == "orders" else {}}
        lines += [{"type": "SCHEMA", "stream": one["stream"], "schema": schema, "key_properties": ["externalId"]}, one]
    done = subprocess.run(
        [str(BIN / "target-clarity"), "--config", pipe.write("back_config", settings)],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts: dict[str, Any] = json.loads((pipe.folder / "back.json").read_text())["streams"]
    return counts


def carried_over(pipe: Pipe) -> tuple[Sandbox, dict[str, Any]]:
    """The shop's order and customer are in Streak; gives the box."""
    sandbox = pipe.sandbox
    sandbox.load([shop.customer(), shop.order()])
    pipe.target_config |= {"source": sandbox.clarity_url, "effects_since": "2026-01-01T00:00:00Z"}
    pipe.run()
    return sandbox, Crm(sandbox.snapshot()).box()


def test_the_first_stage_that_a_rep_chose_reaches_the_shop_and_makes_no_comment_of_its_own(pipe: Pipe) -> None:
    sandbox, box = carried_over(pipe)
    moved = record("orders", "100234", {"stream": "boxes", "key": box["key"]}, status="shipped")
    assert write_back(pipe, moved) == {"orders": {"updated": 1}}
    assert sandbox.snapshot()["clarity"]["orders"][0]["status"] == "shipped"
    pipe.run()
    assert Crm(sandbox.snapshot()).box()["comments"] == box["comments"]
    url, key = f"{sandbox.clarity_url}/orders/100234", {"X-API-Key": sandbox.clarity_key}
    requests.patch(url, json={"status": "completed"}, headers=key, timeout=10).raise_for_status()
    pipe.run()
    told = Crm(sandbox.snapshot()).box()["comments"]
    assert [text for text in told if text not in box["comments"]] == ["Order status changed to completed"]


@pytest.mark.parametrize("tried_again", [False, True])
def test_a_stage_that_reached_the_shop_though_nobody_heard_so_makes_no_comment_either(
    pipe: Pipe, *, tried_again: bool
) -> None:
    sandbox, box = carried_over(pipe)
    sandbox.faults([{"match": {"system": "clarity", "method": "PATCH"}, "do": "lost_answer"}])
    moved = record("orders", "100234", {"stream": "boxes", "key": box["key"]}, status="shipped")
    assert write_back(pipe, moved) == {"orders": {"postponed": 1}}
    sandbox.faults([])
    assert sandbox.snapshot()["clarity"]["orders"][0]["status"] == "shipped"
    if tried_again:
        assert write_back(pipe, moved) == {"orders": {"unchanged": 1}}
    pipe.run()
    assert Crm(sandbox.snapshot()).box()["comments"] == box["comments"]


def test_contacts_and_boxes_are_known_by_their_keys(pipe: Pipe) -> None:
    sandbox, box = carried_over(pipe)
    (contact,) = box["contacts"]
    source = {"stream": "contacts", "key": contact["key"]}
    note = record("notes", "task:T:done", {"stream": "tasks", "key": "T"}, boxKey=box["key"], text="Called")
    write_back(pipe, record("customers", contact["key"], source, email="new@acme.example", firstName="Augusta"), note)
    store = sandbox.snapshot()["clarity"]
    (customer,) = store["customers"]
    assert (customer["customerId"], customer["email"], customer["firstName"]) == (
        "C-881",
        "new@acme.example",
        "Augusta",
    )
    assert [(one["orderId"], one["text"]) for one in store["notes"]] == [("100234", "Called")]
