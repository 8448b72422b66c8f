"""The profile of one's own in the docs, word by word: a third, odd shop is read, written and checked by it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from odd_shop import PASSWORD, USER, OddShop
from running import ROOT
from sandbox.in_process import signals_kept
from sandbox.tap_runs import TapRuns
from tap_clarity.tap import TapClarity
from target_clarity.target import TargetClarity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import Meltano

PAGE = (ROOT / "docs/site-profiles.md").read_text()
PROFILE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]
HOUR = 3600
OLD = 1_770_000_000


@pytest.fixture
def shop() -> Iterator[OddShop]:
    with OddShop() as shop:
        yield shop


@pytest.fixture
def settings(shop: OddShop, tmp_path: Path) -> dict[str, Any]:
    profile = tmp_path / "shop.yml"
    profile.write_text(PROFILE)
    return {"api_url": shop.url, "client_id": USER, "client_secret": PASSWORD, "site_profile": str(profile)}


def taps(settings: dict[str, Any]) -> TapRuns:
    return TapRuns(TapClarity, "orders", "orderId", settings)


def fill(shop: OddShop) -> None:
    shop.put("people", 7, changed=OLD, mail="ada@acme.example", name={"first": "Ada", "last": "Byron"})
    for number in range(1, 31):
        lines = [{"article": "BOLT", "quantity": number}]
        shop.put("sales", number, changed=OLD + number // 7, buyer=7, sum={"gross": 12.5}, lines=lines, status="open")


def test_the_profile_in_the_docs_has_twenty_lines() -> None:
    assert len(PROFILE.splitlines()) == 20


def test_its_lists_are_read_in_the_contracts_names(shop: OddShop, settings: dict[str, Any]) -> None:
    fill(shop)
    output = taps(settings).sync(page_size=10)
    assert sorted(output.keys(), key=int) == [str(number) for number in range(1, 31)]
    order = next(order for order in output.records["orders"] if order["orderId"] == "3")
    assert order == {
        "orderId": "3",
        "updatedAt": "2026-02-02T02:40:00Z",
        "customerId": "7",
        "totalAmount": order["totalAmount"],
        "lineItems": [{"sku": "BOLT", "quantity": 3}],
        "status": "open",
        "customer": output.records["customers"][0],
    }
    assert str(order["totalAmount"]) == "12.5"
    assert output.records["customers"] == [
        {
            "customerId": "7",
            "updatedAt": "2026-02-02T02:40:00Z",
            "email": "ada@acme.example",
            "firstName": "Ada",
            "lastName": "Byron",
        }
    ]
    assert set(output.records) == {"orders", "customers"}
    assert shop.logins == 1


def test_the_next_run_reads_what_changed(shop: OddShop, settings: dict[str, Any]) -> None:
    fill(shop)
    state = taps(settings).sync(page_size=10).state
    shop.put("sales", 3, changed=OLD + 2 * HOUR, buyer=7, status="shipped")
    again = taps(settings).sync(page_size=10, state=state, lookback_seconds=0)
    assert again.records["orders"][-1]["status"] == "shipped"
    assert "3" in again.keys()  # noqa: SIM118 - the keys of records
    assert len(again.keys()) < 10


def test_check_says_what_it_found(shop: OddShop, settings: dict[str, Any]) -> None:
    fill(shop)
    ended = taps(settings).program("check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "orders:    GET /sales, offset by skip, take from changedFrom on, 30 rows, missing: " in ended.stdout
    assert "customers: GET /people, offset by skip, take from changedFrom on, 1 rows" in ended.stdout
    assert "products:  not in the profile" in ended.stdout
    assert ended.stdout.endswith("All is well.\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "offset: skip",
            "offset: start",
            r"orders: +does not work: GET /sales does not go on: .*shop.yml:11",
        ),
        ("changedFrom", "modifiedFrom", r"orders: +does not work: modifiedFrom is not heeded \(\S+ \S+shop.yml:10\)"),
        ("rows: items", "rows: data", r"orders: +does not work: .*no list of records \(\S+ \S+shop.yml:6\)"),
        ("id: no", "id: number", r"orders: +does not work: rows have no id at number \(\S+ \S+shop.yml:8\)"),
        ("updated: changed", "updated: at", r"orders: +does not work: .*no instant at at.*shop.yml:9\)"),
        ("path: /sales", "path: /orders", r"orders: +does not work: GET /api/orders answered 404"),
    ],
)
def test_check_names_the_line_that_does_not_fit(  # noqa: PLR0917 - two are fixtures
    old: str, new: str, said: str, shop: OddShop, settings: dict[str, Any], tmp_path: Path
) -> None:
    fill(shop)
    (tmp_path / "shop.yml").write_text(PROFILE.replace(old, new, 1))
    ended = taps(settings).program("check")
    assert ended.returncode == 1
    assert re.search(said, ended.stdout), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_password_is_named_and_never_shown(shop: OddShop, settings: dict[str, Any]) -> None:
    ended = taps(settings).program(client_secret="another pass word")
    assert ended.returncode == 1
    assert "client_id and client_secret are refused where tokens are fetched" in ended.stderr
    assert PASSWORD not in ended.stderr
    assert "another pass word" not in ended.stderr


def test_a_session_that_ends_is_begun_anew(shop: OddShop, settings: dict[str, Any]) -> None:
    fill(shop)
    taken = shop.take

    def once_refused(asked: Any) -> Any:
        if shop.logins == 1 and "skip=" in asked.path:
            return type(shop.otherwise)(401, b"{}")
        return taken(asked)

    shop.take = once_refused  # type: ignore[method-assign]
    assert len(taps(settings).sync("orders", page_size=10, embed_customer=False).keys()) == 30
    assert shop.logins == 2


def test_a_target_writes_what_the_shop_takes(shop: OddShop, settings: dict[str, Any], tmp_path: Path) -> None:
    fill(shop)
    ledger = f"sqlite:///{tmp_path}/ledger.db"
    lines = [
        *_lines("orders", [{"externalId": "3", "status": "shipped", "trackingNumber": "1Z", "_flow": "f"}]),
        *_lines("customers", [{"externalId": "K1", "email": "bob@acme.example", "firstName": "Bob", "_flow": "f"},
                              {"externalId": "K2", "email": "ada@acme.example", "lastName": "King", "_flow": "f"}]),
        *_lines("notes", [{"externalId": "n", "orderId": "3", "text": "Called", "_flow": "f"}]),
    ]  # fmt: skip
    config = {**settings, "ledger_url": ledger, "max_rejected": "10", "retry_seconds": 1}
    with signals_kept(), redirect_stdout(io.StringIO()):
        TargetClarity(config=config).run(io.StringIO("".join(lines)))
    assert shop.rows["sales"][3] | {"changed": 0} == {
        "no": 3, "changed": 0, "buyer": 7, "sum": {"gross": 12.5}, "lines": [{"article": "BOLT", "quantity": 3}],
        "status": "shipped", "parcel": "1Z",
    }  # fmt: skip
    people = {row["mail"]: row["name"] for row in shop.rows["people"].values()}
    assert people == {"bob@acme.example": {"first": "Bob"}, "ada@acme.example": {"first": "Ada", "last": "King"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    listed = subprocess.run(
        [sys.executable, "-m", "target_clarity", "--config", str(tmp_path / "config.json"), "dead-letters", "list"],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert "not_supported" in listed
    assert "has no create_note" in listed
    assert "1 dead letter\n" in listed


def test_meltano_checks_the_shop_by_its_profile(meltano: Meltano) -> None:
    meltano.sandbox.reset("demo")
    meltano.settings = {
        "TAP_CLARITY_API_URL": meltano.sandbox.page_index_url,
        "TAP_CLARITY_SITE_PROFILE": "page-index",
        "TAP_CLARITY_CLIENT_ID": meltano.sandbox.clarity_client_id,
        "TAP_CLARITY_CLIENT_SECRET": meltano.sandbox.clarity_client_secret,
    }
    log = meltano("invoke", "tap-clarity:check").log
    assert "orders:    GET /ordering/orders, page_index by pageIndex, pageSize" in log
    assert "All is well." in log


def _lines(stream: str, records: list[dict[str, Any]]) -> list[str]:
    properties = {name: {"type": ["string", "null"]} for record in records for name in record if name[0] != "_"}
    schema = {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"properties": properties},
        "key_properties": ["externalId"],
    }
    messages = [schema, *({"type": "RECORD", "stream": stream, "record": record} for record in records)]
    return [json.dumps(message) + "\n" for message in messages]


def test_the_docs_name_every_key() -> None:
    schema = json.loads((ROOT / "clarity-api/clarity_api/profile.schema.json").read_text())
    names = set(_keys(schema)) - {"profile.schema.json"}
    assert {name for name in names if not re.search(rf"(`|\*\*){re.escape(name)}(`|\*\*|: )", PAGE)} == set()


def _keys(schema: Any) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _keys(inner)
    for inner in schema.get("$defs", {}).values():
        yield from _keys(inner)
