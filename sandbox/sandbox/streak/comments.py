"""Comments of a box and the reactions to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak import newsfeed
from sandbox.streak.counters import recount
from sandbox.streak.errors import insufficient
from sandbox.streak.people import brief, mentioned

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store


def list_v1(call: Call, box_key: str) -> list[Record]:
    call.store.find("boxes", box_key)
    return call.store.below("comments", box_key)


def list_v2(call: Call, box_key: str) -> Record:
    return {"hasNextPage": False, "results": list_v1(call, box_key)}


def get(call: Call, key: str) -> Record:
    return call.store.find("comments", key)


def create(call: Call, box_key: str) -> Record:
    store, body = call.store, call.json_object()
    box = store.existing("boxes", box_key)
    comment = blank(store, box, call.user) | {"message": _message(body), "mentions": body.get("mentions") or []}
    if body.get("searchForAtMentions"):
        team = store.tables["pipelines"][box["pipelineKey"]]["teamKey"]
        comment["mentions"] = [*comment["mentions"], *mentioned(store, team, comment["message"])]
    if body.get("parent"):
        parent = store.referred("comments", body["parent"])
        comment["parent"] = parent["key"]
        parent["children"].append(comment["key"])
    comment["newsfeedEntryKey"] = newsfeed.write(store, box, call.user, "COMMENT_CREATE")
    store.add("comments", comment)
    recount(store, box_key)
    store.announce("COMMENT_CREATE", box["pipelineKey"], comment)
    return comment


def blank(store: Store, box: Record, creator: str) -> Record:
    key, now = store.new_key("comments"), store.now()
    return {
        "key": key,
        "commentKey": key,
        "boxKey": box["key"],
        "pipelineKey": box["pipelineKey"],
        "creatorKey": creator,
        "message": "",
        "timestamp": now,
        "lastSavedTimestamp": now,
        "newsfeedEntryKey": None,
        "mentions": [],
        "parent": None,
        "children": [],
        "reactionSummary": [],
    }


def _message(body: Record) -> str:
    message = body.get("message")
    if not isinstance(message, str) or not message:
        raise insufficient("Comment")
    return message


def update(call: Call, key: str) -> Record:
    comment, body = call.store.existing("comments", key), call.json_object()
    if body.get("message") is not None:
        comment["message"] = _message(body)
    comment["lastSavedTimestamp"] = call.store.now()
    if body.get("mentions") is not None:
        comment["mentions"] = body["mentions"]
    return comment


def delete(call: Call, key: str) -> Record:
    comment = call.store.existing("comments", key)
    call.store.remove("comments", comment)
    if comment["parent"] in call.store.tables["comments"]:
        call.store.tables["comments"][comment["parent"]]["children"].remove(key)
    recount(call.store, comment["boxKey"])
    return {"success": True}


def react(call: Call, key: str) -> Record:
    return _reaction(call, key, add=True)


def unreact(call: Call, key: str) -> Record:
    return _reaction(call, key, add=False)


def _reaction(call: Call, key: str, *, add: bool) -> Record:
    comment, emoji = call.store.existing("comments", key), call.json_object().get("emoji")
    if not isinstance(emoji, str) or not emoji:
        raise insufficient("Reaction")
    users: dict[Any, list[Record]] = {entry["emoji"]: entry["users"] for entry in comment["reactionSummary"]}
    others = [user for user in users.get(emoji, []) if user["userKey"] != call.user]
    users[emoji] = [*others, brief(call.store.tables["users"][call.user])] if add else others
    comment["reactionSummary"] = [
        {"emoji": sign, "count": len(who), "users": who} for sign, who in users.items() if who
    ]
    comment["lastSavedTimestamp"] = call.store.now()
    return comment
