"""A run that writes nothing: what would be sent is planned, what would be remembered stays in memory."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any, cast

from fake_sinks import context, record, things
from singer_rest.ledger import Content, Ledger
from singer_rest.sync.upsert import upsert
from singer_rest.target.dry_run import Plan, PlanClient, PlanLedger

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plan_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    plan = Plan(str(tmp_path / "plan.json"))
    client: Any = PlanClient(cast("Any", None), plan)
    made = client.create("/boxes", json={"name": "a"}, look_up=lambda: None)
    assert made == {"key": "(planned 1)", "name": "a"}
    assert client.get("/boxes/(planned 1)") == {"key": "(planned 1)"}
    client.put("/boxes/1", form={"a": 1})
    client.patch("/boxes/1", json={"b": 2})
    plan.note({"adopt": "matched"})
    plan.close()
    rows = [json.loads(line) for line in (tmp_path / "plan.json").read_text().splitlines()]
    assert [row.get("method", "note") for row in rows] == ["POST", "PUT", "PATCH", "note"]
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == 0o600
    assert str(plan) == f"; 3 writes planned, see {tmp_path / 'plan.json'}"


def test_what_would_be_remembered_is_known_for_the_rest_of_the_run() -> None:
    ledger = Ledger.in_memory()
    ledger.links.written("things", "1", vendor_key="k1", flow="f", content=Content("h", {"a": "1"}), result="created")
    plan: Any = PlanLedger(ledger)
    plan.links.written("things", "1", vendor_key=None, flow="g", content=Content("i", {"a": "2"}), result="updated")
    plan.links.adopt("things", {"2": "k2"})
    with plan.lease("things", "1") as held:
        assert (held.link.vendor_key, sorted(held.contents)) == ("k1", ["f", "g"])
    assert plan.links.get("things", "2").vendor_key == "k2"
    plan.bindings.bind("stage", "p", "New", "5001")
    assert plan.bindings.get("stage", "p", "New") == "5001"
    assert (ledger.links.get("things", "2"), ledger.bindings.of_kind("stage")) == (None, [])
    assert sorted(ledger.links.contents("things", "1")) == ["f"]


def test_a_record_can_be_planned_and_planned_again() -> None:
    ledger = Ledger.in_memory()
    sink = things(ledger=cast("Any", PlanLedger(ledger)))
    assert context is not None
    assert [upsert(sink, record(sink, name=name)).result for name in ("a", "a", "b")] == [
        "created",
        "unchanged",
        "updated",
    ]
    assert ledger.links.get("things", "1") is None
