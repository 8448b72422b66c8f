"""A newcomer's account: `--check` says what is there and what is not, `--setup` makes it, once."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Ledger
from target_streak.setup import check, read_requirements, setup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.testing import Sandbox
    from streak_api.teams import Account


def schema(stream: str, **properties: Any) -> str:
    return json.dumps({"type": "SCHEMA", "stream": stream, "schema": {"properties": properties}, "key_properties": []})


BOXES = schema(
    "boxes",
    pipelineName={"type": "string", "enum": ["Deals", "Big, loud deals"]},
    stageName={"type": "string", "enum": ["New", "Won", "Lost, sadly"]},
    fieldValues={
        "properties": {
            "Order ID": {"type": "string", "x-sync": {"identity": True}},
            "Order Date": {"type": "string", "format": "date-time"},
            "Currency": {"type": "string", "enum": ["EUR", "USD"], "x-sync": {"field_type": "DROPDOWN"}},
            "Labels": {"type": "array", "items": {"type": "string"}},
        },
    },
)
TASKS = schema("tasks", text={"type": "string"})
RECORD = json.dumps({"type": "RECORD", "stream": "boxes", "record": {"name": 'called "SCHEMA"'}})
LINES = [BOXES, RECORD, TASKS]


class Commands:
    """The commands as the target calls them, against the sandbox; what they print is kept."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.config: dict[str, Any] = {"api_url": sandbox.streak_url, "api_key": sandbox.streak_key}
        self.config |= {"requests_per_second": 200, "retry_seconds": 2}
        self._url = f"sqlite:///{folder}/ledger.db"
        self._opened: list[Ledger] = []
        self.printed: list[str] = []

    def check(self, lines: list[str]) -> int:
        self.printed.clear()
        return check(self.config, lines, self._ledger, self.printed.append)

    def setup(self, lines: list[str], *, dry_run: bool = False) -> int:
        self.printed.clear()
        return setup(self.config, lines, self._ledger, self.printed.append, dry_run=dry_run)

    @property
    def said(self) -> str:
        return "\n".join(self.printed)

    @property
    def pipelines(self) -> dict[str, dict[str, Any]]:
        return {pipeline["name"]: pipeline for pipeline in self.sandbox.snapshot()["streak"]["pipelines"]}

    def delete(self, path: str) -> None:
        url = f"{self.sandbox.streak_url}{path}"
        requests.delete(url, auth=(self.sandbox.streak_key, ""), timeout=10).raise_for_status()

    def close(self) -> None:
        for ledger in self._opened:
            ledger.close()

    def _ledger(self, account: Account) -> Ledger:
        ledger = Ledger.open(self._url, source="shop", destination=account.team_key, owner="setup")
        self._opened.append(ledger)
        return ledger


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path) -> Iterator[Commands]:
    """A team that has nothing yet."""
    account = Commands(sandbox, tmp_path)
    for pipeline in account.pipelines.values():
        account.delete(f"/v1/pipelines/{pipeline['key']}")
    yield account
    account.close()


def test_setup_on_an_account_with_nothing_and_check_is_green(account: Commands) -> None:
    assert account.check(LINES) == 1
    assert "no pipelines 'Deals', 'Big, loud deals' (there are none)" in account.said
    assert account.setup(LINES) == 0
    assert account.printed[-1] == "Made 2 pipelines, 6 stages, 8 fields in team 'Sandbox Sales'."
    for pipeline in account.pipelines.values():
        stages = [pipeline["stages"][key]["name"] for key in pipeline["stageOrder"]]
        assert stages == ["New", "Won", "Lost, sadly"]
        fields = {field["name"]: field for field in pipeline["fields"]}
        types = {name: field["type"] for name, field in fields.items()}
        assert types == {"Order ID": "TEXT_INPUT", "Order Date": "DATE", "Currency": "DROPDOWN", "Labels": "TAG"}
        assert [item["name"] for item in fields["Currency"]["dropdownSettings"]["items"]] == ["EUR", "USD"]
    assert account.check(LINES) == 0
    assert account.printed[-1] == "All is well."


def test_setup_twice_changes_nothing(account: Commands) -> None:
    account.setup(LINES)
    before = account.pipelines
    assert account.setup(LINES) == 0
    assert account.printed == ["Nothing to make: everything that the records name is in team 'Sandbox Sales'."]
    assert account.pipelines == before


def test_a_dry_run_of_setup_only_says_it(account: Commands) -> None:
    assert account.setup(LINES, dry_run=True) == 0
    assert account.pipelines == {}
    assert "  to make: stage 'Won' of pipeline 'Deals'" in account.printed
    assert "  to make: field 'Currency' (DROPDOWN) of pipeline 'Big, loud deals'" in account.printed
    assert account.printed[-1].startswith("A dry run: 2 pipelines, 6 stages, 8 fields would be made")


def test_setup_adds_what_lacks_and_leaves_the_rest(account: Commands) -> None:
    account.setup(LINES)
    deals = account.pipelines["Deals"]
    won = deals["stageOrder"][1]
    account.delete(f"/v1/pipelines/{deals['key']}/stages/{won}")
    account.delete(f"/v1/pipelines/{deals['key']}/fields/{deals['fields'][0]['key']}")
    assert account.check(LINES) == 1
    assert "stage 'Won' of pipeline 'Deals' was deleted in Streak" in account.said
    assert account.setup(LINES) == 0
    assert account.printed[-1] == "Made 1 stage, 1 field in team 'Sandbox Sales'."
    again = account.pipelines["Deals"]
    assert [again["stages"][key]["name"] for key in again["stageOrder"]] == ["New", "Lost, sadly", "Won"]
    assert [field["name"] for field in again["fields"]] == ["Order Date", "Currency", "Labels", "Order ID"]
    assert account.check(LINES) == 0


def test_setup_works_where_only_v1_makes_things(account: Commands, sandbox: Sandbox) -> None:
    rule = {"match": {"method": "POST", "path": "/v2/pipelines"}, "rate": 1, "do": "status", "status": 400}
    sandbox.faults([rule])
    assert account.setup(LINES) == 0
    assert account.check(LINES) == 0
    deals = account.pipelines["Deals"]
    assert [deals["stages"][key]["name"] for key in deals["stageOrder"]] == ["New", "Won", "Lost, sadly"]


def test_setup_whose_answers_get_lost_makes_nothing_twice(account: Commands, sandbox: Sandbox) -> None:
    sandbox.faults([{"match": {"method": "POST", "path": "/pipelines"}, "times": 4, "do": "lost_answer"}])
    assert account.setup(LINES) == 0
    assert len(account.sandbox.snapshot()["streak"]["pipelines"]) == 2
    for pipeline in account.pipelines.values():
        assert len(pipeline["stages"]) == 3
        assert len(pipeline["fields"]) == 4


def test_a_conflict_is_said_before_anything_is_made(account: Commands) -> None:
    account.setup([schema("boxes", pipelineName={"enum": ["Deals"]}, fieldValues={"properties": {"Labels": {}}})])
    assert account.setup(LINES) == 1
    assert "field 'Labels' of pipeline 'Deals' is a TEXT_INPUT field, the records fill it with lists" in account.said
    assert account.printed[-1] == "Nothing was made."
    assert set(account.pipelines) == {"Deals"}


def test_fields_of_contacts_are_made_by_hand(account: Commands) -> None:
    lines = [schema("contacts", fieldValues={"properties": {"Birthday": {"type": "string", "format": "date"}}})]
    assert account.setup(lines) == 1
    assert account.printed[0] == "  problem: make field 'Birthday' (DATE) of the team's contacts by hand"
    assert account.check(lines) == 1


def test_setup_without_schemas_says_where_they_come_from(account: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    assert account.setup([RECORD]) == 1
    assert "mapper-crosswalk schemas MAPPING.yml | target-streak --config=ENV setup" in account.said


@pytest.mark.parametrize("program", ["target-streak --config=ENV", "meltano invoke target-streak"])
def test_check_without_schemas_says_what_it_would_use(
    sandbox: Sandbox, tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MELTANO_PROJECT_ROOT", raising=False)
    if program.startswith("meltano"):
        monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/srv/clarity-streak")
    account = Commands(sandbox, tmp_path)
    before = sandbox.snapshot()
    assert account.check([]) == 0
    assert f"mapper-crosswalk schemas MAPPING.yml | {program} check" in account.said
    assert "Key of:     robot@sandbox-sales.example, Owner of the team" in account.printed
    assert "Pipeline:   Web Orders: 7 stages, 0 fields" in account.printed
    assert sandbox.snapshot() == before
    account.close()


def test_check_knows_what_a_run_would_make(account: Commands) -> None:
    account.setup([schema("boxes", pipelineName={"enum": ["Deals"]}, stageName={"enum": ["New"]})])
    lines = [schema("boxes", pipelineName={"enum": ["Deals"]}, fieldValues={"properties": {"Labels": {}}})]
    assert account.check(lines) == 1
    account.config["create_missing_fields"] = True
    assert account.check(lines) == 0
    assert "  to make:  field 'Labels' (TEXT_INPUT) of pipeline 'Deals' (create_missing_fields)" in account.printed


def test_check_stops_for_a_wrong_key(account: Commands) -> None:
    account.config["api_key"] = "wrong"
    with pytest.raises(FatalRunError, match="refuses the API key"):
        account.check(LINES)


def test_only_schemas_are_read_from_the_input() -> None:
    assert [schema.stream for schema in read_requirements(io.StringIO("\n".join(LINES)))] == ["boxes", "tasks"]
    with pytest.raises(FatalRunError, match="line 2 of the input is no Singer message"):
        read_requirements([BOXES, '{"type": "SCHEMA", oops'])
