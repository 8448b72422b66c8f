"""Boxes in lists and batches, and a box as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

from sandbox.streak import boxes
from sandbox.streak.call import array
from sandbox.streak.errors import bad_request, insufficient
from sandbox.streak.moves import move
from sandbox.streak.paging import newest_first, numbered, unarchived

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record

SORTS = ("creationTimestamp", "lastUpdatedTimestamp")
LEAST_TOKENS = 100
TOKEN_LENGTH = 4


def all_boxes(call: Call) -> Any:
    return _v1(call, list(call.store.tables["boxes"].values()))


def list_v1(call: Call, pipeline_key: str) -> Any:
    call.store.find("pipelines", pipeline_key)
    return _v1(call, call.store.below("boxes", pipeline_key), pipeline_key)


def list_v2(call: Call, pipeline_key: str) -> Record:
    call.store.find("pipelines", pipeline_key)
    return _moving(
        call,
        pipeline_key,
        numbered(call, _sorted(call, call.store.below("boxes", pipeline_key)), most=_most(call, 1000)),
    )


def _v1(call: Call, found: list[Record], pipeline_key: str = "") -> Any:
    """A bare array; whether `page` brings an envelope is a switch, because nobody knows."""
    ordered = _sorted(call, found)
    most = _most(call, len(ordered) + 1)
    if call.param("page") is None:
        return ordered[: min(call.number("limit", most, 1) or most, most)]
    page = _moving(call, pipeline_key, numbered(call, ordered, most=most))
    return page if call.store.settings["v1_paged_envelope"] == "object" else page["results"]


def _most(call: Call, otherwise: int) -> int:
    """The rows that an answer may have; with the switch, whatever is asked for, and even where nothing is."""
    return int(call.store.settings["box_list_most"]) or otherwise


def _moving(call: Call, pipeline_key: str, page: Record) -> Record:
    """The page; a list that moves has one box more or less when the next page is asked for."""
    moves = call.store.settings["box_list_moves"]
    if pipeline_key and page["hasNextPage"] and moves == "grows":
        store = call.store
        box = boxes.blank(store, store.tables["pipelines"][pipeline_key], call.user)
        store.add("boxes", box | {"name": f"Grown {box['key'][-6:]}"})
    elif page["hasNextPage"] and moves == "shrinks" and page["results"]:
        boxes.drop(call.store, page["results"][0])
    return page


def _sorted(call: Call, found: list[Record]) -> list[Record]:
    """Newest first, or as the switch says; without what is archived where that is hidden."""
    sort = call.param("sortBy")
    name = sort if sort in SORTS else "creationTimestamp"
    if stage := call.param("stageKey"):
        found = [box for box in found if box["stageKey"] == stage]
    ordered = unarchived(call.store, newest_first(found, name))
    order = call.store.settings["box_list_order"]
    if order == "none":
        return sorted(ordered, key=lambda box: crc32(box["key"].encode()))
    return ordered[::-1] if order == "oldest" else ordered


def batch_get(call: Call, pipeline_key: str) -> list[Record]:
    call.store.find("pipelines", pipeline_key)
    below = call.store.children["boxes"].get(pipeline_key, {})
    return [below[key] for key in call.json_list("boxKeys") if isinstance(key, str) and key in below]


def batch_move(call: Call, pipeline_key: str) -> list[Record]:
    """Every box goes to the pipeline that its row names; nothing moves when one row is wrong."""
    store, moved = call.store, []
    store.existing("pipelines", pipeline_key)
    for row in array(call.json_list("boxes"), "boxes", dict):
        box = store.referred("boxes", row.get("boxKey") or row.get("key"))
        moved.append((box, store.referred("pipelines", row.get("pipelineKey"))))
    if not moved:
        raise insufficient("Box")
    for box, target in moved:
        if box["pipelineKey"] != target["key"]:
            boxes.apply(call, box, move(store, box, target))
    return [box for box, _ in moved]


def markdown(call: Call, key: str) -> str:
    most = call.number("maxTokens")
    if most is not None and most < LEAST_TOKENS:
        raise bad_request(f"maxTokens must be at least {LEAST_TOKENS}")
    box = call.store.find("boxes", key)
    stage = call.store.tables["pipelines"][box["pipelineKey"]]["stages"][box["stageKey"]]["name"]
    lines = [f"# {box['name']}", f"Stage: {stage}", box["notes"]]
    lines += [f"- {task['text']} ({task['status']})" for task in call.store.below("tasks", key)]
    lines += [f"> {comment['message']}" for comment in call.store.below("comments", key)]
    text = "\n\n".join(line for line in lines if line)
    return text if most is None else text[: most * TOKEN_LENGTH]
