"""The API described as OpenAPI 3.1."""

from typing import Any

from sandbox.clarity.events import EVENTS
from sandbox.clarity.kinds import CUSTOMERS, INVOICES, LISTED, ORDERS, Kind
from sandbox.clarity.openapi_schemas import SCHEMAS, list_of, ref

Operation = dict[str, Any]

ERRORS = {
    400: "Malformed",
    401: "Bad credentials",
    404: "No such record",
    409: "In conflict with what is there",
    422: "Invalid",
    429: "Too many requests; Retry-After says for how long",
}


def _name(kind: Kind) -> str:
    return kind.singular.capitalize()


def json_answer(schema: dict[str, Any], description: str = "Done") -> Operation:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def error_answers(*statuses: int) -> Operation:
    return {str(status): json_answer(ref("Error"), ERRORS[status]) for status in (*statuses, 401, 429)}


def operation(name: str, summary: str, answers: Operation, **more: Any) -> Operation:
    return {"operationId": name, "summary": summary, **more, "responses": answers}


def json_body(schema: dict[str, Any], kind: str = "application/json") -> Operation:
    return {"required": True, "content": {kind: {"schema": schema}}}


def _body(name: str, kind: str = "application/json") -> Operation:
    return json_body(ref(name), kind)


def parameter(name: str, where: str, description: str, schema: dict[str, Any] | None = None) -> Operation:
    typed = schema or {"type": "string"}
    return {"name": name, "in": where, "required": where == "path", "description": description, "schema": typed}


ID = parameter("id", "path", "The record's id")
IF_MATCH = parameter("If-Match", "header", "A version: 409 with the `current` record when it has moved on")
IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key", "header", "The same key and body within 24 h give the first answer again; another body is a 422"
)
PAGING = (
    parameter(
        "updatedSince",
        "query",
        "Records with updatedAt at or after this instant",
        {"type": "string", "format": "date-time"},
    ),
    parameter("afterId", "query", "With updatedSince: records with (updatedAt, id) > (updatedSince, afterId)"),
    parameter(
        "limit",
        "query",
        "Rows a page; more than 250 count as 250",
        {"type": "integer", "minimum": 1, "default": 50},
    ),
    parameter("ids", "query", "Up to 100 ids, comma separated; then everything else is ignored"),
)


def _list(kind: Kind) -> Operation:
    filters = [parameter(name, "query", f"Only {kind.plural} with this {name}") for name in kind.filters]
    return operation(
        f"list{kind.plural.capitalize()}",
        f"List {kind.plural}, ordered by (updatedAt, id)",
        {"200": json_answer(list_of(_name(kind)), "A page"), **error_answers(400)},
        parameters=[*PAGING, *filters],
    )


def _get(kind: Kind) -> Operation:
    return operation(
        f"get{_name(kind)}",
        f"Read one {kind.singular}",
        {"200": json_answer(ref(_name(kind))), **error_answers(404)},
        parameters=[ID],
    )


def _patch(kind: Kind, *headers: Operation) -> Operation:
    return operation(
        f"patch{_name(kind)}",
        "Change what the body names: null clears, objects merge, lists replace",
        {"200": json_answer(ref(_name(kind))), **error_answers(400, 404, 409, 422)},
        parameters=[ID, *headers],
        requestBody=_body(f"{_name(kind)}Patch"),
    )


def _create(what: str, summary: str, *statuses: int, result: str | None = None) -> Operation:
    answers = {"201": json_answer(ref(result or what)), **error_answers(400, 422, *statuses)}
    return operation(f"create{what}", summary, answers, parameters=[IDEMPOTENCY_KEY], requestBody=_body(f"New{what}"))


def _paths() -> Operation:
    paths: Operation = {}
    for kind in LISTED:
        paths[f"/api/v1/{kind.plural}"] = {"get": _list(kind)}
        paths[f"/api/v1/{kind.plural}/{{id}}"] = {"get": _get(kind)}
    for kind, headers in ((ORDERS, [IF_MATCH]), (CUSTOMERS, [IF_MATCH]), (INVOICES, [])):
        paths[f"/api/v1/{kind.plural}/{{id}}"]["patch"] = _patch(kind, *headers)
    paths["/api/v1/customers"]["post"] = _create("Customer", "Create a customer; 409 names one with that e-mail", 409)
    paths["/api/v1/invoices"]["post"] = _create("Invoice", "Create an invoice; 409 names one that is open", 409)
    paths["/api/v1/orders/{id}/notes"] = {"post": _note()}
    paths["/api/v1/webhooks"] = {"get": _webhooks(), "post": _create("Webhook", "Subscribe", result="CreatedWebhook")}
    paths["/api/v1/webhooks/{id}"] = {"delete": _unsubscribe()}
    paths["/oauth/token"] = {"post": _token()}
    paths["/api/v1/openapi.json"] = {"get": _itself()}
    return paths


def _note() -> Operation:
    operation = _create("Note", "Add a note; 200 and the first one for an externalId that came before", 404)
    operation["responses"]["200"] = json_answer(ref("Note"), "The first note")
    return {**operation, "parameters": [ID, IDEMPOTENCY_KEY]}


def _webhooks() -> Operation:
    return operation("listWebhooks", "All subscriptions", {"200": json_answer(list_of("Webhook")), **error_answers()})


def _unsubscribe() -> Operation:
    answers = {"204": {"description": "Gone"}, **error_answers(404)}
    return operation("deleteWebhook", "Unsubscribe", answers, parameters=[ID])


def _token() -> Operation:
    answers = {str(status): json_answer(ref("TokenError"), "No token") for status in (400, 401)}
    return operation(
        "token",
        "OAuth 2.0 client credentials",
        {"200": json_answer(ref("Token")), **answers},
        requestBody=_body("TokenRequest", "application/x-www-form-urlencoded"),
        security=[],
    )


def _itself() -> Operation:
    return operation("openapi", "This document", {"200": json_answer({"type": "object"})}, security=[])


def _event_post() -> Operation:
    return {
        "post": {
            "summary": "Signed by the Standard Webhooks scheme",
            "requestBody": _body("Event"),
            "responses": {"2XX": {"description": "Heard"}, "410": {"description": "Never again"}},
        }
    }


DOCUMENT: Operation = {
    "openapi": "3.1.0",
    "info": {
        "title": "Clarity eCommerce",
        "version": "1.0",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/"}],
    "security": [{"apiKey": []}, {"oauth": []}],
    "paths": _paths(),
    "webhooks": {event: _event_post() for event in EVENTS},
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}}}},
        },
    },
}
