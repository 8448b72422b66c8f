"""Dead letters as a person sees them in the shell."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.cli.dead_letters import dead_letters
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Shell = Callable[..., str]

ORDER = {"orderId": "O-1", "total": 12.5, "customer": {"email": "a@b.example", "age": None}, "lines": [{"sku": "x"}]}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db", source="shop", destination="crm") as one:
        yield one


@pytest.fixture
def shell(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> Shell:
    def run(action: str, *ids: int, **options: Any) -> str:
        dead_letters(SimpleNamespace(ledger=ledger), action, {"ids": ids, **options})
        return capsys.readouterr().out

    return run


def aside(ledger: Ledger, external_id: str, **changed: Any) -> int:
    letter: dict[str, Any] = {
        "stream": "boxes",
        "external_id": external_id,
        "flow": "order-box",
        "kind": "rejected",
        "reason": "Insufficient params for Box",
        "code": "400",
        "record": {"externalId": external_id, "name": "Order 1"},
        "source": {"stream": "orders", "key": external_id},
    }
    return ledger.dead_letters.keep(**letter | changed)


def test_nothing_was_set_aside(shell: Shell) -> None:
    assert shell("list").splitlines()[-1] == "no dead letters"


def test_the_list_says_what_and_why(ledger: Ledger, shell: Shell) -> None:
    aside(ledger, "O-1")
    aside(ledger, "lena.long@example.com", kind="retry", code="timeout", reason="did not answer in time")
    aside(ledger, "T-1", stream="tasks", kind="waiting", waits_for=("boxes", "O-1"))
    lines = shell("list").splitlines()
    assert re.split(r"  +", lines[0]) == [
        "id",
        "stream",
        "external id",
        "kind",
        "code",
        "tries",
        "last try",
        "next try",
    ]
    assert lines[1].split()[:6] == ["1", "boxes", "O-1", "rejected", "400", "1"]
    assert lines[1].endswith("—")
    assert lines[2].strip() == "Insufficient params for Box"
    assert "l***@example.com" in lines[3]
    assert lines[5].endswith("after boxes")
    assert lines[-1] == "3 dead letters"
    assert max(map(len, lines)) <= 140
    assert "O-1" in shell("list", stream="boxes")
    assert shell("list", code="timeout").splitlines()[-1] == "1 dead letter"


def test_one_letter_is_shown_whole(ledger: Ledger, shell: Shell) -> None:
    shown = shell("show", aside(ledger, "O-1"))
    assert "reason       Insufficient params for Box" in shown
    assert '"name": "Order 1"' in shown
    assert '"key": "O-1"' in shown


def test_retry_makes_letters_due(ledger: Ledger, shell: Shell) -> None:
    number = aside(ledger, "O-1")
    aside(ledger, "O-2", kind="mapper", stream="orders")
    assert shell("retry", all=True).startswith("1 to be tried again")
    assert [letter.id for letter in ledger.dead_letters.due()] == [number]
    assert shell("list").splitlines()[1].endswith("next run")


def test_discard_takes_ids_a_stream_a_code_or_all(ledger: Ledger, shell: Shell) -> None:
    numbers = [aside(ledger, f"O-{number}", code=str(number % 2)) for number in range(6)]
    assert shell("discard", *numbers[:2]) == "2 discarded\n"
    assert shell("discard", code="1") == "2 discarded\n"
    assert shell("discard", stream="tasks") == "0 discarded\n"
    assert shell("discard", all=True) == "2 discarded\n"
    assert ledger.dead_letters.all() == []


@pytest.mark.parametrize(
    ("action", "ids"), [("retry", ()), ("discard", ()), ("show", ()), ("show", (9,)), ("retry", (9,))]
)
def test_a_question_that_makes_no_sense(shell: Shell, action: str, ids: tuple[int, ...]) -> None:
    with pytest.raises(FatalRunError, match=r"which dead letter|no .*dead letter has the id 9"):
        shell(action, *ids)


def test_export_gives_singer_lines_for_the_mapper(ledger: Ledger, shell: Shell) -> None:
    for path in ("order-box.stageName", "order-task.text"):
        aside(ledger, "O-1", stream="orders", kind="mapper", flow=path, record=ORDER)
    aside(ledger, "O-2", stream="orders", kind="mapper", record={"orderId": "O-2", "total": None})
    aside(ledger, "O-3", stream="orders", kind="mapper", record={"_left_out": "record of 2000000 bytes"})
    aside(ledger, "B-1")
    schema, *records = map(json.loads, shell("export", stream="orders").splitlines())
    assert (schema["type"], schema["stream"], schema["key_properties"]) == ("SCHEMA", "orders", ["orderId"])
    assert schema["schema"]["properties"]["total"] == {"type": ["number", "null"]}
    assert schema["schema"]["properties"]["customer"]["properties"]["email"] == {"type": ["string", "null"]}
    assert schema["schema"]["properties"]["lines"]["items"]["properties"]["sku"] == {"type": ["string", "null"]}
    assert [record["record"] for record in records] == [ORDER, {"orderId": "O-2", "total": None}]


def test_export_says_which_texts_are_dates_and_when_the_source_changed(ledger: Ledger, shell: Shell) -> None:
    day, noted = "2026-03-02", "2026-03-02T10:00:00Z"
    for key, changed in (("O-1", "2026-03-04T12:00:00Z"), ("O-2", "2026-03-05T12:00:00.25+01:00")):
        order = {"orderId": key, "due": day, "noted": noted, "changed": changed, "note": None if key == "O-1" else day}
        source = {"stream": "orders", "key": key, "updatedAt": changed}
        aside(ledger, key, stream="orders", kind="mapper", record=order | {"name": f"{day} {key}"}, source=source)
    schema, *_ = map(json.loads, shell("export", stream="orders").splitlines())
    formats = {name: one.get("format") for name, one in schema["schema"]["properties"].items()}
    assert formats == {
        "orderId": None,
        "due": "date",
        "noted": "date-time",
        "changed": "date-time",
        "note": "date",
        "name": None,
    }
    assert schema["bookmark_properties"] == ["changed"]
