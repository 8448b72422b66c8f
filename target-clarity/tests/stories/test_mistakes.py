"""A newcomer's mistakes: one clear line, exit 1, nothing written, no STATE."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


OAUTH = {"api_key": None, "client_id": "sandbox", "client_secret": "sandbox-secret"}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"api_url": None}, "api_url is missing"),
    "no key": ({"api_key": None}, "api_key is missing"),
    "wrong key": ({"api_key": "wrong"}, "the shop refuses api_key"),
    "key with a line break": ({"api_key": "sandbox\n"}, "api_key has a space"),
    "half an OAuth client": ({"client_id": "sandbox"}, "belong together"),
    "wrong OAuth secret": (
        OAUTH | {"client_secret": "wrong"},
        "(invalid_client): client_id and client_secret are refused where tokens are fetched",
    ),
    "wrong token URL": (OAUTH | {"token_url": "{origin}/nowhere"}, "check token_url"),
    "nobody at the token URL": (OAUTH | {"token_url": "http://127.0.0.1:{port}/t", "retry_seconds": 0}, "token_url"),
    "unencrypted": ({"api_url": "http://shop.example/api/v1"}, "must begin with https://"),
    "no URL": ({"api_url": "shop.example"}, "api_url is no plain URL"),
    "wrong URL": ({"api_url": "{origin}/nowhere"}, "check api_url"),
    "API not running": ({"api_url": "http://127.0.0.1:{port}/api/v1"}, "can't reach 127.0.0.1"),
    "ledger not writable": ({"ledger_url": "sqlite:////proc/nowhere/l.db"}, "ledger"),
    "setting of a wrong type": ({"concurrency": "many"}, "'many' is not of type"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(crm: Any, mistake: str) -> None:
    settings, words = MISTAKES[mistake]
    filled = {
        name: value.format(origin=crm.sandbox.clarity_origin, port=free_port())
        if name.endswith("_url") and value
        else value
        for name, value in settings.items()
    }
    crm.has_orders()
    before = crm.sandbox.snapshot()
    stdin = crm.lines(crm.order(status="shipped"), {"type": "STATE", "value": {"at": 1}})
    ended = crm.shell(stdin=stdin, **filled)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    errors = [line for line in ended.stderr.splitlines() if "ERROR" in line]
    assert len(errors) == 1, ended.stderr
    assert words in errors[0]
    assert "sandbox-" not in ended.stderr
    assert crm.sandbox.snapshot() == before


def test_an_address_that_the_way_there_spells_otherwise_stops_a_run_and_a_slash_at_its_end_does_not(crm: Any) -> None:
    crm.has_orders()
    crm.came_over("boxes", "1", "box-1", "orders:1", 1, status="pending")
    shipped = crm.lines(crm.order(status="shipped"))
    for arguments, stdin in ((), shipped), (("--check",), ""):
        ended = crm.shell(*arguments, stdin=stdin, source="https://api.crm.example/api")
        assert (ended.returncode, ended.stdout, "Traceback" in ended.stderr) == (1, "", False)
        assert "https://api.crm.example/api" in ended.stderr
        assert "they would not know each other" in ended.stderr
    assert crm.only("orders")["status"] == "pending"
    assert crm.shell(stdin=shipped, source=crm.settings["source"] + "/").returncode == 0
    assert crm.only("orders")["status"] == "shipped"


def test_streams_of_others_are_ignored_with_one_line(crm: Any) -> None:
    schema = {"type": "SCHEMA", "stream": "products", "schema": {"properties": {}}, "key_properties": []}
    row = {"type": "RECORD", "stream": "products", "record": {"id": 1}}
    ended = crm.shell(stdin="".join(json.dumps(one) + "\n" for one in (schema, row, row)))
    assert ended.returncode == 0
    assert ended.stderr.count("stream products is ignored: target-clarity takes orders, customers") == 1


def test_settings_come_from_the_environment_as_text(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    crm.has_orders()
    environment = crm.settings | {"requests_per_second": "50.5", "retry_seconds": "1", "create_customers": "false"}
    for name, value in environment.items():
        monkeypatch.setenv(f"TARGET_CLARITY_{name.upper()}", str(value))
    ended = crm.shell("--config", "ENV", stdin=crm.lines(crm.order(trackingNumber="1Z"), crm.customer()))
    assert ended.returncode == 0, ended.stderr
    assert (crm.only("orders")["trackingNumber"], crm.stored("customers")) == ("1Z", [])


def test_about_and_version(crm: Any) -> None:
    about = json.loads(crm.shell("--about", "--format=json").stdout)
    settings = about["settings"]["properties"]
    assert {name for name, one in settings.items() if one.get("secret")} == {"api_key", "client_secret", "ledger_url"}
    assert all(one.get("title") and one.get("description") for one in settings.values())
    assert not {"batch_size_rows", "load_method", "stream_maps", "validate_records"} & set(settings)
    assert "target-clarity v0.1.0" in crm.shell("--version").stdout


def test_check_says_what_a_run_would_use_and_changes_nothing(crm: Any) -> None:
    crm.has_orders(1, 2)
    before = crm.sandbox.snapshot()
    checked = crm.shell("--check")
    assert checked.returncode == 0, checked.stderr
    for words in (
        "/api/v1, 2 orders",
        "with api_key",
        "https://crm.example/api → ",
        "notes:      can be written",
        "All is well",
    ):
        assert words in checked.stdout
    assert crm.sandbox.snapshot() == before
    assert not (crm.tmp_path / "ledger.db").exists()


def test_check_names_the_streams_that_this_key_can_not_write(crm: Any) -> None:
    refused = {"error": {"code": "forbidden", "message": "This key may not change invoices"}}
    crm.sandbox.faults([{"match": {"path": "/invoices"}, "do": "status", "status": 403, "body": refused}])
    checked = crm.shell("--check")
    assert checked.returncode == 1
    assert "invoices:   refused: This key may not change invoices" in checked.stdout
    assert "1 of 4 streams can't be written" in checked.stdout


class TestOAuth:
    """One token for all lanes."""

    def test_one_token_serves_a_run(self, crm: Any) -> None:
        crm.has_orders(*range(1, 11))
        ran = crm.run(*(crm.order(number, trackingNumber="1Z") for number in range(1, 11)), **OAUTH)
        assert [one["path"] for one in ran.requests].count("/oauth/token") == 1
        assert {order["trackingNumber"] for order in crm.stored("orders")} == {"1Z"}

    def test_a_token_that_the_shop_forgot_is_fetched_again(self, crm: Any) -> None:
        crm.has_orders(1)
        forgotten = {"error": {"code": "unauthorized", "message": "expired"}}
        crm.sandbox.faults(
            [{"match": {"method": "PATCH"}, "do": "status", "status": 401, "body": forgotten, "times": 1}]
        )
        ran = crm.run(crm.order(trackingNumber="1Z"), **OAUTH)
        assert [one["path"] for one in ran.requests].count("/oauth/token") == 2
        assert (crm.only("orders")["trackingNumber"], crm.letters()) == ("1Z", [])

    def test_where_tokens_are_fetched_may_stumble(self, crm: Any) -> None:
        crm.has_orders(1)
        crm.sandbox.faults([{"match": {"path": "/oauth/token"}, "do": "html500", "times": 2}])
        crm.run(crm.order(trackingNumber="1Z"), **OAUTH, retry_seconds=20)
        assert crm.only("orders")["trackingNumber"] == "1Z"

    def test_a_key_that_is_refused_under_way_stops_the_run(self, crm: Any) -> None:
        crm.has_orders(1)
        refused = {"do": "status", "status": 401, "body": {"error": {"code": "unauthorized", "message": "no"}}}
        crm.sandbox.faults([{"match": {}, "after": 1, **refused}])
        ended = crm.shell(stdin=crm.lines(crm.order(trackingNumber="1Z"), {"type": "STATE", "value": {"at": 1}}))
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "the shop refuses api_key (no)" in ended.stderr
