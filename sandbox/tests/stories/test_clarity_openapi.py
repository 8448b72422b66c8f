"""The API's own description is valid, and true."""

import re
from typing import Any

import pytest
import requests
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import validate
from sandbox.clarity.routes import CALLS, OPEN_CALLS, ROOT

SHOWN = {
    "orders": "Order",
    "customers": "Customer",
    "products": "Product",
    "payments": "Payment",
    "invoices": "Invoice",
}


@pytest.fixture
def document(sandbox: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{sandbox.clarity_url}/openapi.json", timeout=60).json()
    return answer


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_it_describes_exactly_the_calls_that_are_served(document: dict[str, Any]) -> None:
    served = {(method, f"{ROOT}{path}") for method, path, _ in CALLS} | {(m, path) for m, path, _ in OPEN_CALLS}
    assert {(method.upper(), path) for path, item in document["paths"].items() for method in item} == served


def test_every_described_call_answers(sandbox: Any, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in item:
            url = sandbox.clarity_origin + re.sub(r"{\w+}", "none", path)
            answer = requests.request(method, url, json={}, headers={"X-API-Key": sandbox.clarity_key}, timeout=60)
            assert "No such call" not in answer.text, (method, path)


@pytest.mark.parametrize("plural", SHOWN)
def test_the_demo_shop_looks_as_described(sandbox: Any, document: dict[str, Any], plural: str) -> None:
    sandbox.reset("demo")
    rows = requests.get(
        f"{sandbox.clarity_url}/{plural}?limit=250", headers={"X-API-Key": sandbox.clarity_key}, timeout=10
    ).json()["data"]
    schema = {**document["components"]["schemas"][SHOWN[plural]], "components": document["components"]}
    validator = Draft202012Validator(schema)
    assert not [error.message for row in rows for error in validator.iter_errors(row)]
    assert all(set(row) <= set(schema["properties"]) for row in rows)
