"""Where the real API is unknown, these say which way the sandbox answers."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "v1_paged_envelope": "array",
    "unknown_key_status": 404,
    "same_email": "create",
    "create_fields": "kept",
    "create_links": "dropped",
    "create_assignees": "kept",
    "update_fields": "kept",
    "update_links": "kept",
    "update_assignees": "kept",
    "field_values": "kept",
    "party_create_fields": "dropped",
    "party_create_links": "dropped",
    "party_updates": "kept",
    "task_assignees": "kept",
    "clearing": "allowed",
    "add_only": "appends",
    "get_if_existing": "any_body",
    "team_webhooks": "allowed",
    "ids": "text",
    "magic_links": False,
    "dead_links": 400,
    "links_of_deleted": "removed",
    "no_access": [],
    "box_list_page": "honoured",
    "box_list_most": 0,
    "box_list_order": "newest",
    "box_list_moves": "still",
    "child_instants": "moved",
    "archived": "shown",
    "key_form": "text",
    "extra_property": False,
    "party_lists": 200,
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "v1_paged_envelope": ("array", "object"),
    "unknown_key_status": (400, 404),
    "same_email": ("create", "reject"),
    "create_fields": ("kept", "dropped", "refused"),
    "create_links": ("dropped", "kept", "refused"),
    "create_assignees": ("kept", "dropped"),
    "update_fields": ("kept", "dropped", "refused"),
    "update_links": ("kept", "dropped"),
    "update_assignees": ("kept", "dropped"),
    "field_values": ("kept", "dropped"),
    "party_create_fields": ("dropped", "kept", "refused"),
    "party_create_links": ("dropped", "kept", "refused"),
    "party_updates": ("kept", "dropped"),
    "task_assignees": ("kept", "dropped", "only_assignedTo"),
    "clearing": ("allowed", "ignored", "refused"),
    "add_only": ("appends", "ignored"),
    "get_if_existing": ("any_body", "address_only"),
    "team_webhooks": ("allowed", "refused"),
    "ids": ("text", "numbers", "other_prefix"),
    "magic_links": (True, False),
    "dead_links": (400, 404, "other words", "dropped", "kept"),
    "links_of_deleted": ("removed", "left"),
    "box_list_page": ("honoured", "ignored"),
    "box_list_order": ("newest", "oldest", "none"),
    "box_list_moves": ("still", "grows", "shrinks"),
    "child_instants": ("moved", "frozen"),
    "archived": ("shown", "hidden"),
    "key_form": ("text", "number", "prefix"),
    "extra_property": (True, False),
    "party_lists": (200, 400, 404),
}


def problems(changes: Any) -> list[str]:
    """What is wrong with a settings body, in words; empty when it may be applied."""
    if not isinstance(changes, dict):
        return ["a JSON object of settings is expected"]
    unknown = [f"unknown setting {name}; known are {', '.join(DEFAULTS)}" for name in changes if name not in DEFAULTS]
    wrong = [
        f"{name} is one of {', '.join(map(str, CHOICES[name]))}"
        for name, value in changes.items()
        if name in CHOICES and value not in CHOICES[name]
    ]
    if not isinstance(changes.get("no_access", []), list):
        wrong.append("no_access is a list of keys")
    if not isinstance(changes.get("box_list_most", 0), int):
        wrong.append("box_list_most is a number of boxes, 0 for no limit")
    return unknown + wrong
