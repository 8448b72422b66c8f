"""A mistake is one clear line that names what to fix, and exit code 1."""

import json
import re
import socket
from functools import partial
from typing import Any

import pytest
from sandbox.tap_runs import complaint_of

SECRETS = ("secret-key", "hunter2", "sandbox-clarity-key", "limit=250", "ada@acme.example", "X-API-Key:")
complaint = partial(complaint_of, secrets=SECRETS)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"api_url": None}, "api_url is missing"),
        ({"api_key": None}, "api_key is missing: set it, or client_id and client_secret"),
        ({"api_key": None, "client_id": "client"}, "client_id and client_secret belong together"),
        ({"api_key": "hunter2\n"}, "api_key has a space, line break"),
        ({"api_key": 12345}, "api_key has a wrong type or value"),
        ({"api_url": "shop.example.com/api/v1"}, "api_url is no plain URL"),
        ({"api_url": "https://me:hunter2@shop.example.com/api/v1"}, "api_url is no plain URL"),
        ({"api_url": "http://shop.example.com/api/v1"}, "api_url must begin with https://"),
        ({"token_url": "http://shop.example.com/token"}, "token_url must begin with https://"),
        ({"page_size": 251}, "page_size has a wrong type or value"),
        ({"start_date": "last week"}, "start_date is no instant"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], said: str, runs: Any) -> None:
    assert complaint(runs.program(**settings)).startswith(said)


def test_a_refused_key(runs: Any) -> None:
    line = complaint(runs.program(api_key="hunter2"))
    assert line == "GET /api/v1/customers answered 401 (unauthorized): the shop does not accept api_key"


def test_a_refused_client(runs: Any) -> None:
    line = complaint(runs.program(api_key=None, client_id="sandbox", client_secret="hunter2"))
    assert (
        line == "POST /oauth/token answered 401 (invalid_client): "
        "client_id and client_secret are refused where tokens are fetched: check both"
    )


def test_a_wrong_root(runs: Any, sandbox: Any) -> None:
    line = complaint(runs.program(api_url=f"{sandbox.clarity_origin}/v7"))
    assert line.startswith("GET /v7/customers answered 404 (not_found): check api_url")


def test_a_host_that_does_not_exist(runs: Any) -> None:
    line = complaint(runs.program(api_url="https://shop.invalid/api/v1"))
    assert line == "can't reach shop.invalid (no such host): check api_url, and that the API is running"


def test_a_port_where_nobody_listens(runs: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        line = complaint(runs.program(api_url=f"http://{host}"))
        assert line == f"can't reach {host} (connection refused): check api_url, and that the API is running"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"status": 403, "body": {"error": {"code": "forbidden", "message": "ada@acme.example"}}},
            "403 (forbidden): api_key may not",
        ),
        ({"status": 400, "body": b"<p>ada@acme.example</p>"}, "400: check api_url"),
        (
            {"status": 302, "body": b"", "headers": {"Location": "https://new.example/login?a=hunter2"}},
            "302: a redirect to https://new.example: set api_url",
        ),
        (
            {"body": b"<html>Welcome</html>", "headers": {"Content-Type": "text/html; charset=utf-8"}},
            "answered 200 with an HTML page instead of JSON: check api_url",
        ),
        ({"body": b'{"data": [{"email": "ada@acme.example"'}, "answered 200 with broken JSON: check api_url"),
        (
            {"body": {"orders": ["ada@acme.example"]}},
            "gave no list of records (site_profile contract-v1.yml:8): check api_url",
        ),
        ({"body": {"data": [{"email": "ada@acme.example"}], "hasMore": False}}, "has no customerId, and its updatedAt"),
    ],
)
def test_an_answer_that_is_no_use(answer: dict[str, Any], said: str, shop: Any, canned: Any) -> None:
    shop.says("/api/v1/customers", *[canned(**answer)] * 3)
    line = complaint(shop.runs.program())
    assert said in line
    assert re.match(r"GET (/api/v1)?/customers", line)


def test_a_shop_that_does_not_page(shop: Any, canned: Any) -> None:
    same = {"data": [{"customerId": "1", "updatedAt": "2026-05-02T15:00:00Z"}], "hasMore": True}
    shop.says("/api/v1/customers", *[canned(same)] * 3)
    assert "the shop must page by updatedSince and afterId" in complaint(shop.runs.program())


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--state", "{", "A file of --state or --catalog can't be read: it is not JSON (line 1)"),
        ("--catalog", "no", "A file of --state or --catalog can't be read: it is not JSON (line 1)"),
        ("--config", "{,}", "--config can't be read: it is not JSON (line 1)"),
        (
            "--state",
            json.dumps({"bookmarks": {"orders": {"replication_key_value": "?"}}}),
            "The STATE of orders holds no",
        ),
    ],
)
def test_a_broken_file(option: str, text: str, said: str, runs: Any, tmp_path: Any) -> None:
    file = tmp_path / "given.json"
    file.write_text(text)
    assert complaint(runs.program(option, str(file))).startswith(said)


def test_a_number_in_the_environment_that_is_none(runs: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("TAP_CLARITY_PAGE_SIZE", "many")
    assert "must be a whole number" in complaint(runs.program("--config", "ENV"))


def test_a_config_that_is_not_there(runs: Any) -> None:
    assert "can't be read" in complaint(runs.program("--config", "/nowhere/config.json"))


def test_a_mistake_is_one_line_for_the_connection_test_too(runs: Any) -> None:
    assert "does not accept api_key" in complaint(runs.program("--test", api_key="hunter2"))


def test_a_run_is_quiet(runs: Any, shelves: Any) -> None:
    shelves.orders(50)
    done = runs.program()
    assert done.returncode == 0
    assert "METRIC" not in done.stderr
    assert len(done.stderr.splitlines()) <= 10
