from __future__ import annotations

import pytest
from singer_rest.plugin.findings import DocumentError, Finding, Findings, near, suggest


@pytest.mark.parametrize(("word", "meant"), [("shiped", "shipped"), ("SHIPPED", "shipped"), ("xyz", None), ("", None)])
def test_the_nearest_name_is_meant(word: str, meant: str | None) -> None:
    assert near(word, ["pending", "shipped"]) == meant


def test_a_suggestion_is_the_nearest_name_or_the_few_that_exist() -> None:
    assert suggest("lowr", ["lower", "upper"]) == ", did you mean 'lower'?"
    assert suggest("x", ["lower", "upper"]) == " (there is: lower, upper)"
    assert suggest("x", [f"name{number}" for number in range(9)]) == ""
    assert suggest("x", []) == ""


def test_findings_stand_in_the_order_of_their_lines_and_once_each() -> None:
    findings = Findings("m.yml")
    findings.stop_if_any()
    for line in (7, 3, 7):
        findings.add(line, "flow.name", "is wrong")
    with pytest.raises(DocumentError) as caught:
        findings.stop_if_any()
    assert str(caught.value) == "m.yml:3: flow.name: is wrong\nm.yml:7: flow.name: is wrong"


def test_a_finding_about_the_whole_file_names_no_place() -> None:
    assert str(Finding("m.yml", 1, "", "is empty")) == "m.yml:1: is empty"
