"""Every method of Streak's official clients, called over HTTP: verb, path, parameters and the shape of the answer.

`official_methods.ndjson` holds the calls, `<name>` in it is a key of the small account in conftest.py;
`official_schemas.json` holds the shapes: `str?` may be null or absent, `[T]` is a list, `{T}` a map, `A|B` either.
"""

from __future__ import annotations

import inspect
import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from streak_crm import Streak

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = [json.loads(line) for line in (HERE / "official_methods.ndjson").read_text().splitlines()]
SCHEMAS: dict[str, dict[str, str]] = json.loads((HERE / "official_schemas.json").read_text())
PLAIN: dict[str, type] = {"str": str, "int": int, "bool": bool, "any": object}
IDS = [f"{row['method']}-{sum(other['method'] == row['method'] for other in ROWS[:at])}" for at, row in enumerate(ROWS)]


def misfits(value: Any, kind: str, place: str = "answer") -> list[str]:
    """What does not fit a kind of `official_schemas.json`, in words."""
    if kind.endswith("?"):
        return [] if value is None else misfits(value, kind[:-1], place)
    inner = parts(value, kind)
    if inner is None:
        return [f"{place} is {value!r}, no {kind}"]
    return [line for name, part, item in inner for line in misfits(item, part, f"{place}.{name}")]


def parts(value: Any, kind: str) -> list[tuple[str, str, Any]] | None:
    """Name, kind and value of each part of a value; None where it is not of its kind."""
    if kind in PLAIN:
        return [] if isinstance(value, PLAIN[kind]) and not (kind == "int" and isinstance(value, bool)) else None
    if "|" in kind:
        return [] if value in kind.split("|") else None
    if kind[0] == "[":
        return [(str(at), kind[1:-1], item) for at, item in enumerate(value)] if isinstance(value, list) else None
    if not isinstance(value, dict):
        return None
    if kind[0] == "{":
        return [(key, kind[1:-1], item) for key, item in value.items()]
    return [(name, part, value.get(name)) for name, part in SCHEMAS[kind].items()]


def test_the_judge_of_shapes_sees_what_is_missing_and_what_is_of_another_kind() -> None:
    mention = {"userKey": "u", "offset": True, "length": None}
    comment = {"key": 1, "boxKey": "b", "pipelineKey": "p", "creatorKey": "c", "mentions": [mention]}
    assert misfits({"results": [comment]}, "CommentListResponse") == [
        "answer.results.0.key is 1, no str",
        "answer.results.0.reactionSummary is None, no [Reaction]",
        "answer.results.0.mentions.0.offset is True, no int",
    ]
    assert misfits({"5001": {"key": "5001", "name": "x", "color": []}}, "{PipelineStage}") == [
        "answer.5001.color is [], no StageColor"
    ]
    assert misfits("OPEN", "NOT_DONE|DONE") == ["answer is 'OPEN', no NOT_DONE|DONE"]


def wire(value: Any) -> Any:
    """A query parameter as the official clients send it: truth in small letters, lists by repetition."""
    return str(value).lower() if isinstance(value, bool) else value


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_method_is_answered_in_its_shape(streak: Any, account: Any, row: dict[str, Any]) -> None:
    row = account.filled(row)
    query = {name: wire(value) for name, value in row.get("query", {}).items()}
    body = {"json": row["body"]} if "body" in row else {}
    answer = streak.send(row["verb"], row["path"], params=query, **body)
    assert answer.status_code == 200, answer.text
    if row["answer"] == "markdown":
        assert answer.headers["content-type"].startswith("text/markdown")
        assert row["expect"]["holds"] in answer.text
        return
    assert misfits(answer.json(), row["answer"]) == []
    assert account.differences(answer.json(), row["expect"]) == []
    if "gone" in row:
        assert streak.refused("GET", row["gone"])[0] == 404


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_the_official_client_makes_this_call_and_takes_the_answer(
    sandbox: Sandbox, account: Any, row: dict[str, Any]
) -> None:
    filled = account.filled(row)
    keys = [
        part for part, named in zip(filled["path"].split("/"), row["path"].split("/"), strict=True) if part_of(named)
    ]
    body = filled.get("body", {})
    parameters = {"request": body} if isinstance(body, list) else body
    named = {snake(name): value for name, value in (filled.get("query", {}) | parameters).items()}
    sandbox.clear_requests()
    with httpx.Client() as transport:
        client = Streak(token=sandbox.streak_key, base_url=sandbox.streak_url, httpx_client=transport, max_retries=0)
        assert method_of(client, row["method"])(*keys, **named) is not None
    (call,) = sandbox.requests("streak")
    assert (call["method"], call["path"], call["status"]) == (row["verb"], f"/api/{filled['path']}", 200)
    sent = httpx.QueryParams(call["query"])
    assert {name: sent.get_list(name) for name in sent} == {
        name: [str(wire(item)) for item in (value if isinstance(value, list) else [value])]
        for name, value in filled.get("query", {}).items()
    }


def test_the_table_holds_every_method_of_the_official_client() -> None:
    assert {row["method"] for row in ROWS} == set(official())


def test_the_table_holds_every_parameter_of_the_official_client() -> None:
    sent: dict[str, set[str]] = {}
    for method, rows in groupby(sorted(ROWS, key=lambda row: str(row["method"])), key=lambda row: str(row["method"])):
        bodies = [row.get("body", {}) for row in rows for row in (row, {"body": row.get("query", {})})]
        sent[method] = {snake(name) for body in bodies for name in (body if isinstance(body, dict) else {"request": 0})}
    missing = {method: parameters - sent[method] for method, parameters in official().items()}
    assert {method: parameters for method, parameters in missing.items() if parameters} == {}


def official() -> dict[str, set[str]]:
    """The methods of the official client with the parameters that are no part of the path."""
    client = Streak(token="", httpx_client=httpx.Client())
    groups = [name for name, kind in vars(Streak).items() if isinstance(kind, property) and name != "with_raw_response"]
    methods = {"search": client.search}
    for group in groups:
        resource = getattr(client, group)
        found = inspect.getmembers(resource, inspect.ismethod)
        methods |= {f"{group}.{name}": method for name, method in found if not name.startswith("_")}
    return {
        name: {
            parameter.name
            for parameter in inspect.signature(method).parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY and parameter.name != "request_options"
        }
        for name, method in methods.items()
    }


def method_of(client: Streak, name: str) -> Any:
    """`contacts.get_contact` as a bound method."""
    found: Any = client
    for part in name.split("."):
        found = getattr(found, part)
    return found


def part_of(segment: str) -> bool:
    """Whether a segment of a path is a key: a name of the account, or a number."""
    return segment.startswith("<") or segment.isdigit()


def snake(name: str) -> str:
    """`logoURL` as `logo_url`."""
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name.replace("URL", "Url"))
    return words.lstrip("_")
