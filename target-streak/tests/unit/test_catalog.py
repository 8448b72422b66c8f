"""Names become keys: bound once, followed when renamed, read again on a miss, a hit costs nothing."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest.errors import RecordRejected
from target_streak import catalog as module
from target_streak.catalog import NameProblem
from target_streak.requirements import requirements_of

TIER = {
    "key": "1001",
    "name": "Tier",
    "type": "DROPDOWN",
    "dropdownSettings": {"items": [{"key": "9001", "name": "Gold"}]},
}
TOTAL = {"key": "1002", "name": "Total", "type": "TEXT_INPUT"}
SCORE = {"key": "1003", "name": "Score", "type": "FORMULA"}


@pytest.fixture
def deals(streak: Any) -> str:
    return str(streak.add_pipeline("Deals", "New", "Won", fields=(TIER, TOTAL, SCORE)))


def test_names_become_keys(deals: str, sign_in: Any, streak: Any) -> None:
    catalog = sign_in().catalog
    for _ in range(2):
        assert catalog.pipeline_key("Deals") == deals
        assert catalog.stage_key(deals, "Won") == "5002"
        assert catalog.encode(deals, "Tier", "Gold") == ("1001", "9001")
        assert catalog.encode(deals, "Total", 7) == ("1002", "7")
        assert catalog.encode("contacts", "Tier", None) == ("1", "")
    assert streak.calls == []
    assert catalog.stage_name(deals, "5001") == "New"
    assert catalog.stage_name(deals, "5009") == "5009"


def test_a_hit_does_not_look_into_the_ledger(deals: str, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = sign_in().catalog
    catalog.encode(deals, "Tier", "Gold")
    monkeypatch.setattr(catalog, "_bindings", None)
    assert catalog.encode(deals, "Tier", "Gold") == ("1001", "9001")


def test_a_renamed_stage_is_followed(deals: str, sign_in: Any, streak: Any, caplog: pytest.LogCaptureFixture) -> None:
    sign_in().catalog.stage_key(deals, "Won")
    streak.pipelines[deals]["stages"]["5002"]["name"] = "Closed"
    assert sign_in().catalog.stage_key(deals, "Won") == "5002"
    assert "is called 'Closed' in Streak now" in caplog.text


def test_what_was_bound_and_is_gone_was_deleted(deals: str, sign_in: Any, streak: Any) -> None:
    sign_in().catalog.stage_key(deals, "Won")
    del streak.pipelines[deals]["stages"]["5002"]
    with pytest.raises(RecordRejected, match="stage 'Won' of pipeline 'Deals' was deleted in Streak"):
        sign_in().catalog.stage_key(deals, "Won")


def test_what_was_made_again_is_used(deals: str, sign_in: Any, streak: Any, caplog: pytest.LogCaptureFixture) -> None:
    sign_in().catalog.stage_key(deals, "Won")
    streak.pipelines[deals]["stages"]["5009"] = streak.pipelines[deals]["stages"].pop("5002")
    assert sign_in().catalog.stage_key(deals, "Won") == "5009"
    assert "was deleted in Streak and made again" in caplog.text


def test_two_of_one_name_are_ambiguous(deals: str, sign_in: Any, streak: Any) -> None:
    streak.pipelines[deals]["stages"]["5003"] = {"name": "Won"}
    with pytest.raises(RecordRejected, match="is ambiguous"):
        sign_in().catalog.stage_key(deals, "Won")


def test_a_miss_reads_again_once_a_minute(
    deals: str, sign_in: Any, streak: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    catalog = sign_in().catalog
    for _ in range(3):
        with pytest.raises(RecordRejected, match=r"stage 'Wno' .* did you mean 'Won'\?"):
            catalog.stage_key(deals, "Wno")
    assert len(streak.calls) == 1
    streak.pipelines[deals]["stages"]["5003"] = {"name": "Wno"}
    now += 61
    assert catalog.stage_key(deals, "Wno") == "5003"


def test_an_unknown_option_is_named_to_people_only(deals: str, sign_in: Any) -> None:
    with pytest.raises(RecordRejected) as rejected:
        sign_in().catalog.encode(deals, "Tier", "Glod")
    assert "option 'Glod' of field 'Tier'" in rejected.value.reason
    assert "Glod" not in str(rejected.value)
    assert rejected.value.reason.endswith("make it in Streak or set create_missing_fields")


def test_a_formula_is_left_out(deals: str, sign_in: Any) -> None:
    assert sign_in().catalog.encode(deals, "Score", "7") is None


def test_no_value_of_no_field_is_left_out(deals: str, sign_in: Any, streak: Any) -> None:
    assert sign_in().catalog.encode(deals, "Nothing", None) is None
    assert streak.calls == []


def test_a_field_that_cannot_hold_its_values_rejects_them(deals: str, sign_in: Any) -> None:
    catalog = sign_in().catalog
    gift = {"properties": {"fieldValues": {"properties": {"Tier": {"type": "string", "format": "date"}}}}}
    catalog.require(requirements_of("boxes", gift))
    with pytest.raises(RecordRejected, match=r"field 'Tier' .* is a DROPDOWN field, the records fill it with dates"):
        catalog.encode(deals, "Tier", "2026-03-01")


def test_a_pipeline_of_nobody_is_not_ours(deals: str, sign_in: Any) -> None:
    catalog = sign_in().catalog
    assert catalog.is_ours(None)
    assert catalog.is_ours(deals)
    assert not catalog.is_ours("p9")
    with pytest.raises(NameProblem, match="pipeline 'p9' was deleted"):
        catalog.existing("p9")


def test_the_order_id_field_is_found_where_it_exists(deals: str, sign_in: Any) -> None:
    catalog = sign_in().catalog
    assert catalog.order_id_field(deals) is None
    identity = {"Total": {"type": "string", "x-sync": {"identity": True}}}
    catalog.require(requirements_of("boxes", {"properties": {"fieldValues": {"properties": identity}}}))
    assert catalog.order_id_field(deals) == "1002"
    assert catalog.order_id_field("p9") is None


def test_a_dry_run_binds_nothing(deals: str, sign_in: Any, ledger: Any) -> None:
    sign_in(dry_run=True).catalog.stage_key(deals, "Won")
    assert ledger.bindings.of_kind("stage") == []
    sign_in().catalog.stage_key(deals, "Won")
    assert [binding.vendor_key for binding in ledger.bindings.of_kind("stage")] == ["5002"]
