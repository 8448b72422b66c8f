"""Streak as a sales person sees it: the sandbox's store with keys replaced by names."""

from __future__ import annotations

from typing import Any


class Crm:
    """A snapshot of Streak, decoded."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.streak = snapshot["streak"]
        self._pipelines = {pipeline["key"]: pipeline for pipeline in self.streak["pipelines"]}
        self.contacts = {contact["key"]: contact for contact in self.streak["contacts"]}
        self.organizations = {organization["key"]: organization for organization in self.streak["organizations"]}

    @property
    def boxes(self) -> list[dict[str, Any]]:
        """Every box: name, pipeline, stage, notes, fields by name, linked people and companies, tasks, comments."""
        return [self._box(box) for box in self.streak["boxes"]]

    def box(self, order_id: str = "100234") -> dict[str, Any]:
        """The one box of an order."""
        (box,) = [box for box in self.boxes if box["fields"].get("Order ID") == order_id]
        return box

    def stage_key(self, pipeline: str, stage: str) -> str:
        """The key of a stage by its name."""
        (found,) = (one for one in self._pipelines.values() if one["name"] == pipeline)
        return next(str(key) for key, one in found["stages"].items() if one["name"] == stage)

    def _box(self, box: dict[str, Any]) -> dict[str, Any]:
        pipeline = self._pipelines[box["pipelineKey"]]
        return {
            "key": box["key"],
            "name": box["name"],
            "created": box["creationTimestamp"],
            "moved": box["lastStageChangeTimestamp"],
            "notes": box.get("notes"),
            "pipeline": pipeline["name"],
            "stage": pipeline["stages"][box["stageKey"]]["name"],
            "fields": _fields(pipeline, box),
            "contacts": [self.contacts[link["key"]] for link in box.get("contacts") or []],
            "organizations": [self.organizations[link["key"]] for link in box.get("organizations") or []],
            "assignees": [entry["email"] for entry in box["assignedToSharingEntries"]],
            "tasks": [task for task in self.streak["tasks"] if task["boxKey"] == box["key"]],
            "comments": [comment["message"] for comment in self.streak["comments"] if comment["boxKey"] == box["key"]],
        }


def _fields(pipeline: dict[str, Any], box: dict[str, Any]) -> dict[str, Any]:
    definitions = {field["key"]: field for field in pipeline["fields"]}
    return {
        definitions[key]["name"]: _label(definitions[key], value) for key, value in (box.get("fields") or {}).items()
    }


def _label(field: dict[str, Any], value: Any) -> Any:
    if field["type"] == "DROPDOWN":
        return {item["key"]: item["name"] for item in field["dropdownSettings"]["items"]}.get(value)
    return value
