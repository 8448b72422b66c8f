"""This skin described as OpenAPI 3.1."""

from typing import Any

from sandbox.clarity.events import PAGE_INDEX_TOPICS
from sandbox.clarity.kinds import CUSTOMERS, INVOICES, LISTED, ORDERS, Kind
from sandbox.clarity.openapi import ID, error_answers, json_answer, json_body, operation, parameter
from sandbox.clarity.openapi_schemas import SCHEMAS
from sandbox.clarity.page_index.names import PATHS

ROOT = "/page-index/v1"
PAGING = (
    parameter(
        "pageSize", "query", "Rows a page; more than 100 count as 100", {"type": "integer", "minimum": 1, "default": 20}
    ),
    parameter("pageIndex", "query", "Number of the page, from 0 on", {"type": "integer", "minimum": 0, "default": 0}),
    parameter("updatedDateMin", "query", "Changed at or after this instant of UTC, such as 2024-11-28T00:00:00"),
    parameter("updatedDateMax", "query", "Changed at or before this instant"),
    parameter("sort", "query", "By updatedDate, else by id", {"type": "string", "enum": ["updatedDate"]}),
)
_ROW = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "updatedDate": {"type": "string"}},
    "required": ["id"],
}
_LIST = {
    "type": "object",
    "properties": {
        "results": {"type": "array", "items": _ROW},
        "totalCount": {"type": "integer"},
        "pageIndex": {"type": "integer"},
        "pageSize": {"type": "integer"},
    },
    "required": ["results", "totalCount"],
}
_SINGLE = {"type": "object", "properties": {"result": _ROW}, "required": ["result"]}
_LOGIN = {"type": "object", "properties": {name: {"type": "string"} for name in ("username", "password")}}
_TOKEN = {"type": "object", "properties": {"token": {"type": "string"}, "expiresIn": {"type": "integer"}}}
_HOOK = {
    "type": "object",
    "properties": {
        "targetUrl": {"type": "string"},
        "topics": {"type": "array", "items": {"type": "string", "enum": list(PAGE_INDEX_TOPICS.values())}},
        "signingSecret": {"type": "string"},
    },
}


def _list(kind: Kind) -> dict[str, Any]:
    names = {CUSTOMERS.plural: ("emailAddress",), ORDERS.plural: ("status",)}.get(kind.plural, ())
    filters = [parameter(name, "query", f"Only {kind.plural} with this {name}") for name in names]
    answers = {"200": json_answer(_LIST, "A page"), **error_answers(400)}
    return operation(f"list{kind.plural.capitalize()}", f"List {kind.plural}", answers, parameters=[*PAGING, *filters])


def _get(kind: Kind) -> dict[str, Any]:
    answers = {"200": json_answer(_SINGLE), **error_answers(404)}
    return operation(f"get{kind.singular.capitalize()}", f"Read one {kind.singular}", answers, parameters=[ID])


def _write(name: str, status: int, *, has_id: bool) -> dict[str, Any]:
    answers = {str(status): json_answer(_SINGLE), **error_answers(400, 404, 409, 422)}
    return operation(
        name,
        "As the contract's, in this skin's names",
        answers,
        parameters=[ID] if has_id else [],
        requestBody=json_body({"type": "object"}),
    )


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for kind in LISTED:
        paths[PATHS[kind.plural]] = {"get": _list(kind)}
        paths[f"{PATHS[kind.plural]}/{{id}}"] = {"get": _get(kind)}
    for kind in (ORDERS, CUSTOMERS, INVOICES):
        paths[f"{PATHS[kind.plural]}/{{id}}"]["patch"] = _write(f"patch{kind.singular.capitalize()}", 200, has_id=True)
    for kind in (CUSTOMERS, INVOICES):
        paths[PATHS[kind.plural]]["post"] = _write(f"create{kind.singular.capitalize()}", 201, has_id=False)
    paths["/ordering/orders/{id}/notes"] = {"post": _write("createNote", 201, has_id=True)}
    paths["/notifications/webhooks"] = {
        "get": operation("listWebhooks", "All subscriptions", {"200": json_answer(_LIST), **error_answers()}),
        "post": operation(
            "createWebhook",
            "Subscribe",
            {"201": json_answer(_SINGLE), **error_answers(400, 422)},
            requestBody=json_body(_HOOK),
        ),
    }
    gone = {"204": {"description": "Gone"}, **error_answers(404)}
    paths["/notifications/webhooks/{id}"] = {"delete": operation("deleteWebhook", "Unsubscribe", gone, parameters=[ID])}
    answers = {"200": json_answer(_TOKEN), **error_answers(400)}
    paths["/auth/login"] = {
        "post": operation("login", "A token for every call", answers, requestBody=json_body(_LOGIN), security=[])
    }
    paths["/openapi.json"] = {
        "get": operation("openapi", "This document", {"200": json_answer({"type": "object"})}, security=[])
    }
    return {f"{ROOT}{path}": item for path, item in paths.items()}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Clarity eCommerce, page-index",
        "version": "1.0",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/"}],
    "security": [{"token": []}],
    "paths": _paths(),
    "components": {
        "schemas": {"Error": SCHEMAS["Error"]},
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    },
}
