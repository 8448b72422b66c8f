"""What people type: check, test, schema, --about."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mapper_crosswalk import cli
from mapper_crosswalk.check.mapping import mapping_schema
from mapper_crosswalk.compile.transforms import TRANSFORMS
from mapper_crosswalk.run.mapper import MapperCrosswalk

PACKAGE = Path(__file__).resolve().parents[2]
MAPPING = """
tables: {stages: [[pending, New], [confirmed, Work], [processing, Work], [shipped, Done]]}
flows:
  box:
    from: shop.orders
    to: crm.boxes
    when: isTest != true
    fields: {externalId: orderId, name: number, stageName: {table: stages, of: status}, amount: total}
"""
ORDER = "{orderId: '7', number: SO-7, status: pending, total: 208.380, updatedAt: '2026-05-02T15:00:00Z'}"
EXAMPLES = f"""
- name: an order
  given: {{orders: [&order {ORDER}]}}
  expect:
    boxes: [{{externalId: "7", stageName: New, amount: 208.38, _source: {{key: "7"}}}}]
- name: a test order makes nothing
  given: {{orders: [{{<<: *order, isTest: true}}]}}
  expect: {{boxes: []}}
- name: an unknown status is set aside
  given: {{shop.orders: [{{<<: *order, status: lost}}]}}
  expect: {{crm.boxes: []}}
  rejected: [{{path: box.stageName, reason: no row for 'lost'}}]
"""

Write = Callable[[str], Path]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.files, [str(argument) for argument in arguments])


def examples(mapping: Path, text: str) -> Path:
    mapping.with_name("mapping.test.yml").write_text(textwrap.dedent(text))
    return mapping


def test_schemas_are_known_without_a_tap() -> None:
    result = run("schemas", PACKAGE / "mappings" / "clarity-streak.yml")
    messages = {message["stream"]: message for message in map(json.loads, result.output.splitlines())}
    there, back = (
        ["organizations", "contacts", "boxes", "comments", "tasks"],
        ["orders", "customers", "invoices", "notes"],
    )
    assert list(messages) == [*there, *back]
    assert "New Order" in messages["boxes"]["schema"]["properties"]["stageName"]["enum"]


def test_check_says_that_nothing_is_wrong(write: Write) -> None:
    result = run("check", write(MAPPING))
    assert result.exit_code == 0
    assert "1 flows, 1 tables, nothing wrong" in result.output


def test_check_lists_all_that_is_wrong(write: Write) -> None:
    result = run("check", write(MAPPING.replace("name: number", "name: numbr").replace("New", "")))
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 3
    assert "did you mean 'number'?" in result.output


def test_examples_pass(write: Write) -> None:
    result = run("test", examples(write(MAPPING), EXAMPLES))
    assert (result.exit_code, result.output.splitlines()[-1][-21:]) == (0, " 3 examples, 0 failed")


def test_examples_that_differ_say_where(write: Write) -> None:
    text = EXAMPLES.replace("stageName: New", "stageName: Old, name: null").replace("{boxes: []}", "{boxes: [{}]}")
    result = run("test", examples(write(MAPPING), text.replace("no row for 'lost'", "no reason")))
    assert result.exit_code == 1
    for said in (
        "mapping.test.yml:2: an order",
        "boxes[0].stageName: expected 'Old', made 'New'",
        "boxes[0].name: expected nothing, made 'SO-7'",
        "boxes: 1 expected, 0 made",
        "rejected_records[0].reason: expected 'no reason'",
        "3 examples, 3 failed",
    ):
        assert said in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXAMPLES.replace("given: {orders:", "given: {ordrs:"), "no flow reads 'ordrs', did you mean 'orders'?"),
        (EXAMPLES.replace("number: SO-7", "nmber: SO-7"), "orders has no field 'nmber', did you mean 'number'?"),
        (EXAMPLES.replace("{boxes: []}", "{boxs: []}"), "no flow writes 'boxs', did you mean 'boxes'?"),
        (EXAMPLES.replace("- name: an order", "- nam: an order"), "unknown key 'nam', did you mean 'name'?"),
        ("a: b", "must be a list of examples"),
        ("[", "broken YAML"),
    ],
)
def test_a_mistake_in_the_examples_is_found(write: Write, text: str, said: str) -> None:
    result = run("test", examples(write(MAPPING), text))
    assert result.exit_code == 1
    assert said in result.output


def test_a_record_that_nobody_expected_to_be_rejected_is_a_failure(write: Write) -> None:
    result = run("test", examples(write(MAPPING), EXAMPLES.replace("  rejected:", "  # rejected:")))
    assert "rejected_records: 0 expected, 1 made: table 'stages' has no row for 'lost'" in result.output


def test_the_schema_for_editors_is_current() -> None:
    kept = json.loads((PACKAGE / "mapping.schema.json").read_text())
    assert kept == mapping_schema(), "run: mapper-crosswalk schema > transform/mapping.schema.json"
    assert json.loads(run("schema").output) == kept


def test_about_and_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["mapper-crosswalk", "--about", "--format=json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    about = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0
    assert (about["name"], about["capabilities"]) == ("mapper-crosswalk", ["about", "structured-logging"])
    assert list(about["settings"]["properties"]) == ["mapping_file"]


def test_commands_about_files_are_found_by_their_name(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["mapper-crosswalk", "check", str(write(MAPPING))])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, "nothing wrong" in capsys.readouterr().out) == (0, True)


@pytest.mark.parametrize(
    ("argument", "words"), [("--help", ["schemas", "Find everything", "--config"]), ("chekc", ["No such command"])]
)
def test_all_commands_are_found(
    argument: str, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["mapper-crosswalk", argument])
    with pytest.raises(SystemExit):
        cli.main()
    shown = "".join(capsys.readouterr())
    assert [word for word in words if word not in shown] == []


def test_whoever_writes_into_a_refusing_mapper_gets_rid_of_its_lines(write: Write) -> None:
    config = write(MAPPING).with_name("mapper.json")
    config.write_text(json.dumps({"mapping_file": "nowhere.yml"}))
    command = [sys.executable, "-m", "mapper_crosswalk", "--config", str(config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as mapper:
        assert mapper.stdin
        assert mapper.stderr
        assert any("can't be read" in one for one in iter(mapper.stderr.readline, ""))
        mapper.stdin.write("{}\n" * 100_000)
        mapper.stdin.close()
        assert mapper.wait(timeout=30) == 1


def test_the_plugin_gives_messages_of_the_sdk_too(write: Write) -> None:
    plugin = MapperCrosswalk(config={"mapping_file": str(write(MAPPING))})
    state = {"type": "STATE", "value": {"a": 1}}
    assert [one.to_dict() for one in plugin.map_state_message(state)] == [state]


def test_the_readme_names_every_transform() -> None:
    text = (PACKAGE / "README.md").read_text()
    assert [name for name in TRANSFORMS if f"`{name}" not in text] == []
