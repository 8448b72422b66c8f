"""Snippets: texts that a user keeps for e-mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.streak.errors import insufficient

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record

TEXTS = ("snippetName", "snippetText")


def listed(call: Call) -> list[Record]:
    return [snippet for snippet in call.store.tables["snippets"].values() if snippet["userKey"] == call.user]


def create(call: Call) -> Record:
    body, store, now = call.json_object(), call.store, call.store.now()
    if not all(body.get(name) for name in TEXTS):
        raise insufficient("Snippet")
    key = store.new_key("snippets")
    made = {"key": key, "snippetKey": key, "userKey": call.user, "creationDate": now, "lastSavedTimestamp": now}
    return store.add("snippets", made | {name: str(body[name]) for name in TEXTS})


def get(call: Call, key: str) -> Record:
    return call.store.find("snippets", key)


def update(call: Call, key: str) -> Record:
    snippet, body = call.store.existing("snippets", key), call.json_object()
    snippet |= {name: str(body[name]) for name in TEXTS if body.get(name)}
    snippet["lastSavedTimestamp"] = call.store.now()
    return snippet


def delete(call: Call, key: str) -> Record:
    call.store.remove("snippets", call.store.existing("snippets", key))
    return {"success": True}
