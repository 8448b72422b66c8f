"""The second skin: the same shop in other names, with its own lists, login and webhooks."""

from __future__ import annotations

import hashlib
import hmac
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import requests
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate
from sandbox.clarity.page_index.calls import CALLS, OPEN_CALLS
from sandbox.clarity.page_index.openapi import ROOT

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

Json = dict[str, Any]


class Client:
    """Calls the skin with a token."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.page_index_url
        login = {"username": sandbox.clarity_client_id, "password": sandbox.clarity_client_secret}
        self.token = requests.post(f"{self.url}/auth/login", json=login, timeout=10).json()["token"]

    def send(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.url}{path}", json=body, params=params, headers=headers, timeout=10)

    def ids(self, path: str, **params: Any) -> list[str]:
        return [row["id"] for row in self.send("GET", path, **params).json()["results"]]


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


def load(sandbox: Sandbox, kind: str, *records: Json) -> None:
    sandbox.load([{"system": "clarity", "type": kind, "record": record} for record in records])


def orders(sandbox: Sandbox, count: int) -> None:
    rows = [
        {"orderId": f"o-{n:02}", "updatedAt": f"2026-05-02T15:00:{59 - n:02}Z", "status": "pending"}
        for n in range(count)
    ]
    load(sandbox, "orders", *rows)


def test_pages_begin_at_zero_and_come_as_they_are_asked_for(sandbox: Sandbox, client: Client) -> None:
    orders(sandbox, 5)
    assert client.ids("/ordering/orders", pageSize=2, pageIndex=1) == ["o-02", "o-03"]
    assert client.ids("/ordering/orders", pageSize=2, sort="updatedDate") == ["o-04", "o-03"]
    answer = client.send("GET", "/ordering/orders", pageSize=2, pageIndex=9).json()
    assert answer == {"results": [], "totalCount": 5, "pageIndex": 9, "pageSize": 2}


def test_instants_have_no_offset_and_filter_inclusively(sandbox: Sandbox, client: Client) -> None:
    load(
        sandbox,
        "orders",
        {"orderId": "1", "updatedAt": "2026-05-02T17:00:00+02:00", "orderDate": "2026-05-02T14:00:00Z"},
    )
    (row,) = client.send("GET", "/ordering/orders", updatedDateMin="2026-05-02T15:00:00").json()["results"]
    assert (row["updatedDate"], row["placedDate"]) == ("2026-05-02T15:00:00", "2026-05-02T14:00:00")
    assert client.ids("/ordering/orders", updatedDateMin="2026-05-02T15:00:01") == []
    assert client.ids("/ordering/orders", updatedDateMax="2026-05-02T15:00:00") == ["1"]


@pytest.mark.parametrize("params", [{"pageSize": "0"}, {"pageIndex": "-1"}, {"updatedDateMin": "yesterday"}])
def test_what_can_t_be_meant_is_refused(params: Json, client: Client) -> None:
    assert client.send("GET", "/ordering/orders", **params).status_code == 400


def test_only_a_token_opens_it(sandbox: Sandbox, client: Client) -> None:
    url = f"{client.url}/ordering/orders"
    for headers in ({}, {"X-API-Key": sandbox.clarity_key}, {"Authorization": "Bearer no"}):
        assert requests.get(url, headers=headers, timeout=10).status_code == 401
    wrong = requests.post(f"{client.url}/auth/login", json={"username": "sandbox", "password": "x"}, timeout=10)
    assert wrong.status_code == 401
    sandbox.clock(advance=3700)
    assert client.send("GET", "/ordering/orders").status_code == 401
    assert client.token.count(".") == 2


def test_writes_are_the_contracts_in_other_names(sandbox: Sandbox, client: Client) -> None:
    load(sandbox, "orders", {"orderId": "1", "status": "pending", "lineItems": [{"lineId": "1", "unitPrice": 2}]})
    changed = client.send("PATCH", "/ordering/orders/1", {"status": "shipped", "trackingNumber": "1Z"}).json()["result"]
    assert (changed["id"], changed["status"], changed["items"]) == ("1", "shipped", [{"id": "1", "price": 2}])
    assert client.send("POST", "/ordering/orders/1/notes", {"note": "Hi", "reference": "n"}).status_code == 201
    made = client.send(
        "POST", "/contacts/customers", {"emailAddress": "a@x.example", "account": {"id": "CO", "name": "X"}}
    )
    assert made.json()["result"]["account"] == {"id": "CO", "name": "X"}
    twin = client.send("POST", "/contacts/customers", {"emailAddress": "A@x.example"})
    assert (twin.status_code, twin.json()["existingId"]) == (409, made.json()["result"]["id"])
    assert client.ids("/contacts/customers", emailAddress="A@X.example") == [twin.json()["existingId"]]
    assert client.send("POST", "/invoicing/invoices", {"orderId": "1", "reference": "i"}).status_code == 201
    store = sandbox.snapshot()["clarity"]
    assert [note["text"] for note in store["notes"]] == ["Hi"]
    assert store["customers"][0]["company"] == {"companyId": "CO", "name": "X"}
    assert (store["invoices"][0]["externalId"], store["orders"][0]["trackingNumber"]) == ("i", "1Z")


def test_the_contracts_names_are_no_fields_here(sandbox: Sandbox, client: Client) -> None:
    assert client.send("POST", "/contacts/customers", {"email": "a@x.example"}).status_code == 422
    assert client.send("GET", "/ordering/orders/none").status_code == 404


def test_webhooks_are_signed_over_time_and_body(sandbox: Sandbox, client: Client) -> None:
    heard: list[tuple[Json, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        receiving = Thread(target=server.handle_request)
        receiving.start()
        hook = {
            "targetUrl": f"http://127.0.0.1:{server.server_port}/x",
            "topics": ["OrderCreated"],
            "signingSecret": "secret",
        }
        made = client.send("POST", "/notifications/webhooks", hook)
        assert made.status_code == 201
        assert client.ids("/notifications/webhooks") == [made.json()["result"]["id"]]
        load(sandbox, "orders", {"orderId": "1"})
        receiving.join()
    (headers, body), names = heard[0], {name.lower(): name for name in heard[0][0]}
    signed = f"{headers[names['x-clarity-timestamp']]}.".encode() + body
    digest = hmac.new(b"secret", signed, hashlib.sha256).hexdigest()
    assert headers[names["x-clarity-signature"]] == f"sha256={digest}"
    assert b'"topic":"OrderCreated"' in body
    assert client.send("DELETE", f"/notifications/webhooks/{made.json()['result']['id']}").status_code == 204


@pytest.fixture
def document(client: Client) -> Json:
    answer: Json = requests.get(f"{client.url}/openapi.json", timeout=10).json()
    return answer


def test_the_document_is_valid_openapi_and_describes_the_calls_that_are_served(document: Json) -> None:
    validate(document)
    served = {(method, f"{ROOT}{path}") for method, path, _ in (*CALLS, *OPEN_CALLS)}
    assert {(method.upper(), path) for path, item in document["paths"].items() for method in item} == served


def test_every_described_list_looks_as_described(sandbox: Sandbox, client: Client, document: Json) -> None:
    sandbox.reset("demo")
    client = Client(sandbox)
    for path, item in document["paths"].items():
        if "get" in item and "{id}" not in path and "openapi" not in path:
            answer = client.send("GET", path.removeprefix(ROOT), pageSize=100)
            schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            assert Draft202012Validator(schema).is_valid(answer.json()), path
    assert client.send("GET", "/ordering/orders").json()["totalCount"] == 246
