"""Search: exact box names, or words over boxes, contacts and organizations; it may lag behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.streak.call import Call
    from sandbox.streak.store import Record

PAGE = 20
BOX = ("boxKey", "name", "stageKey", "pipelineKey", "lastUpdatedTimestamp")
CONTACT = ("key", "givenName", "familyName", "other", "title", "addresses", "emailAddresses", "phoneNumbers")
ORGANIZATION = (
    "key",
    "name",
    "other",
    "industry",
    "employeeCount",
    "logoURL",
    "domains",
    "normalizedDomains",
    "addresses",
)
SCOPES = ("pipelineKey", "stageKey", "teamKey")


def search(call: Call) -> Record:
    """Exactly one of `query` and `name`; pages are empty when there is no more."""
    query, name = call.param("query"), call.param("name")
    if (query is None) == (name is None):
        raise bad_request("Exactly one of query and name must be given")
    words = (query or "").lower().split()
    boxes = (box for box in _boxes(call) if (box["name"] == name if query is None else _has(words, _box_text(box))))
    found = {
        "boxes": [_box_hit(box) for box in _page(call, boxes)],
        "contacts": [_hit(found, CONTACT) for found in _page(call, _parties(call, "contacts", CONTACT, words))],
        "orgs": [
            _hit(found, ORGANIZATION) for found in _page(call, _parties(call, "organizations", ORGANIZATION, words))
        ],
    }
    return {"results": found, "query": query, "page": call.number("page", 0)}


def _boxes(call: Call) -> Iterator[Record]:
    scopes = [(name, set(call.query[name])) for name in SCOPES if name in call.query]
    pipelines = call.store.tables["pipelines"]
    for box in call.store.tables["boxes"].values():
        if box["creationTimestamp"] <= _indexed(call) and all(
            (pipelines[box["pipelineKey"]] if name == "teamKey" else box).get(name) in wanted for name, wanted in scopes
        ):
            yield box


def _parties(call: Call, noun: str, properties: tuple[str, ...], words: list[str]) -> Iterator[Record]:
    for record in call.store.tables[noun].values() if words else ():
        if record["creationDate"] <= _indexed(call) and _has(words, _text(record[name] for name in properties[1:])):
            yield record


def _indexed(call: Call) -> int:
    """Records made after this instant are not in the index yet."""
    return call.store.now() - call.store.search_lag_ms


def _page(call: Call, found: Iterator[Record]) -> list[Record]:
    first = (call.number("page", 0) or 0) * PAGE
    return list(found)[first : first + PAGE]


def _has(words: list[str], text: str) -> bool:
    return bool(words) and all(word in text for word in words)


def _box_text(box: Record) -> str:
    return _text([box["name"], box["notes"], *box["fields"].values()])


def _text(values: Any) -> str:
    return " ".join(str(value) for value in values if value).lower()


def _hit(record: Record, properties: tuple[str, ...]) -> Record:
    return {name: record[name] for name in properties}


def _box_hit(box: Record) -> Record:
    return _hit(box, BOX) | {"assignedToKeys": [entry["userKey"] for entry in box["assignedToSharingEntries"]]}
