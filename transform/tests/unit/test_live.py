"""`check --live`: the names in a mapping against those of an account."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mapper_crosswalk import cli

SHIPPED = Path(__file__).resolve().parents[2] / "mappings" / "clarity-streak.yml"
STAGES = ["New Order", "In Fulfillment", "On Hold", "Shipped", "Won", "Lost", "Refunded", "Waiting for a call"]
FIELDS = [
    "Order ID", "Order Number", "Order Date", "Total", "Currency", "PO Number", "Tracking Number", "Customer Type",
    "Customer Name", "Customer Phone", "Items", "Item Count", "Total Quantity", "First SKU", "First Product",
    "First Price", "Shipping Address", "Billing Address",
]  # fmt: skip


def check(lines: str, mapping: Path = SHIPPED) -> Result:
    return CliRunner().invoke(cli.files, ["check", str(mapping), "--live", "-"], input=lines)


def account(stages: list[str], fields: list[str], pipelines: tuple[str, ...] = ("Web Orders", "Key Accounts")) -> str:
    named = {"stages": stages, "fields": fields, "pipelines": pipelines}
    rows = [
        {"type": "RECORD", "stream": stream, "record": {"name": name}} for stream in named for name in named[stream]
    ]
    return "".join(json.dumps(row) + "\n" for row in [{"type": "SCHEMA", "stream": "stages", "schema": {}}, *rows])


def test_an_account_that_has_every_name(tmp_path: Path) -> None:
    result = check(account(STAGES, FIELDS))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "8 stages, 18 fields, 2 pipelines" in result.output
    lines = tmp_path / "names.singer"
    lines.write_text(account(STAGES, FIELDS))
    assert CliRunner().invoke(cli.files, ["check", str(SHIPPED), "--live", str(lines)]).exit_code == 0


@pytest.mark.parametrize(
    ("names", "finding"),
    [
        (account(["Won!" if one == "Won" else one for one in STAGES], FIELDS), "knows no value 'Won', did you mean"),
        (account(["Won!" if one == "Won" else one for one in STAGES], FIELDS), "the watched value is never 'Won'"),
        (
            account(["Shiped" if one == "Shipped" else one for one in STAGES], FIELDS),
            "'stageName' has no value 'Shipped'",
        ),
        (account(STAGES, ["Order Id", *FIELDS[1:]]), "no field 'fieldValues.Order ID' in streak.boxes, did you mean"),
        (account(STAGES, ["Order Id", *FIELDS[1:]]), "no field 'boxFieldValues.Order ID' in streak.tasks"),
        (account(STAGES, FIELDS[:-1]), "the target has no property 'Billing Address'"),
        (account(STAGES, FIELDS, ("Web Orders",)), "the target knows no value 'Key Accounts'"),
    ],
)
def test_a_name_that_the_account_has_not_is_a_finding_with_its_line(names: str, finding: str) -> None:
    result = check(names)
    assert result.exit_code == 1
    (line, *_) = [one for one in result.stderr.splitlines() if finding in one] or [result.stderr]
    assert finding in line
    assert line.startswith("clarity-streak.yml:")


@pytest.mark.parametrize(("lines", "why"), [("", "has no record of stages"), ("{}\n[1]\n", "--live:2: is no Singer")])
def test_what_is_no_tap_s_output_is_said(lines: str, why: str) -> None:
    result = check(lines)
    assert (result.exit_code, why in result.stderr) == (1, True), result.stderr
