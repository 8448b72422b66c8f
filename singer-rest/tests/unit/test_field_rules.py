"""What a SCHEMA's `x-sync` and a sink's declarations say of each property."""

from __future__ import annotations

from singer_rest.sync.field_rules import FieldRule, FieldRules

SCHEMA = {
    "properties": {
        "stageName": {"x-sync": {"shared": True, "owner": "destination", "of": "status", "equivalent": [["A", "B"]]}},
        "phones": {"x-sync": {"add_only": True, "of": "phone"}},
        "name": {"x-sync": {"create_only": ["f"]}},
        "pipelineName": {"x-sync": {"create_only": True}},
        "fieldValues": {"properties": {"Order ID": {"x-sync": {"identity": True}}, "Total": {}}},
        "_source": {"x-sync": {"shared": True}},
        "odd": True,
    }
}


def rules() -> FieldRules:
    return FieldRules(SCHEMA, added_to={"emails"}, references=["contactIds"], item_keys={"emails": str.upper})


def test_rules_by_property() -> None:
    fields = rules()
    assert (fields["stageName"].shared, fields["stageName"].owner) == (True, "destination")
    assert (fields.shared, fields.added_to, fields.reversible) == (["stageName"], ["phones"], True)
    assert fields.identity == "fieldValues.Order ID"
    assert fields["nobody-named"] == FieldRule()
    assert "_source" not in fields


def test_what_the_sink_declares_counts_too() -> None:
    fields = rules()
    assert [fields[name].adds for name in ("phones", "emails", "contactIds", "name")] == [True, True, True, False]
    assert (fields["contactIds"].names_records, fields["emails"].item_key) == (True, str.upper)


def test_properties_that_are_written_once_by_flow() -> None:
    fields = rules()
    assert fields.create_only["f"] == {"name", "pipelineName"}
    assert fields.create_only["g"] == {"pipelineName"}


def test_equivalent_values() -> None:
    rule = rules()["stageName"]
    assert [rule.same("A", "B"), rule.same("A", "A"), rule.same("A", "C")] == [True, True, False]


def test_a_schema_without_rules() -> None:
    fields = FieldRules({})
    assert (fields.shared, fields.identity, fields.reversible) == ([], None, False)
