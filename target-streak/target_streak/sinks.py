"""The streams of Streak: nouns; how a record is written is the same for all (singer_rest)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, cast

from singer_rest import (
    ApiError,
    ApiUnavailable,
    Intent,
    Look,
    Record,
    RecordRejected,
    Reference,
    blank,
    natural_key,
    read_or_none,
)
from streak_api.fields import milliseconds

from target_streak.adoption import PipelineBoxes, nameless_keys
from target_streak.first_look import FirstLook
from target_streak.streak_sink import BoxEffect, PartySink, StreakSink
from target_streak.team_lists import name_of

ASSIGNEES = frozenset({"assignedToSharingEntries"})
PIPELINE = frozenset({"pipelineName", "pipelineKey"})


def _organizations(slot: str) -> tuple[Reference, ...]:
    return (
        Reference("organizationExternalIds", "organizations", None, slot),
        Reference("organizationDomains", "organizations", "domain", slot),
        Reference(
            "organizationNames", "organizations", "name", slot, ("organizationExternalIds", "organizationDomains")
        ),
    )


class Boxes(StreakSink):
    """Deals in a pipeline."""

    stream = "boxes"
    companions: ClassVar = {"pipelineKey": "pipelineName", "stageKey": "stageName", "fields": "fieldValues"}
    container_field = "pipelineKey"
    revision_field = "lastUpdatedTimestamp"
    makes_again = True
    changed_at_fields: ClassVar = {"stageName": "lastStageChangeTimestamp", "*": "lastUpdatedTimestamp"}
    other_ways = frozenset({"fields"})
    may_go_with_create = frozenset({"fields", "contacts", "organizations"})
    dispensable = ASSIGNEES
    references = (
        Reference("contactExternalIds", "contacts", None, "contacts"),
        Reference("contactEmails", "contacts", "email", "contacts"),
        *_organizations("organizations"),
    )

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._existing = PipelineBoxes(self.team, self.fields, partial(read_or_none, self))
        self._look: Look | None = None

    def prepare(self) -> None:
        """Resolve the names of the SCHEMA, and those that say how another tool's boxes are known.

        Where the boxes that are there must be looked at first, missing fields are made after that.
        """
        missing = self.team.provisioner.resolve(self.stream, self.schema)

        def make() -> None:
            self.team.provisioner.make_missing(missing)
            self._existing.forget()

        self._look = self._needed_look(make)
        if self._look is None:
            make()
        if self.team.cut_over is not None:
            self.team.cut_over.prepare(self.catalog.required[self.stream])

    def first_look(self) -> Look | None:
        """Look whether the boxes that are there and that the ledger does not know are those of these orders."""
        look, self._look = self._look, None
        return look

    def _needed_look(self, then: Callable[[], None]) -> Look | None:
        if self.fields.identity is None:
            return None
        try:
            look = FirstLook(self._existing, then)
        except (ApiError, ApiUnavailable):  # each record that needs them says so
            return None
        return look if look.is_needed else None

    def is_of(self, record: Record, vendor: dict[str, Any]) -> bool:
        """Whether a box that was linked by its order id alone is this order's."""
        return self._existing.is_of(record, vendor)

    def has_own_keys(self, raw: dict[str, Any]) -> bool:
        """Whether the record's pipeline is one of the team: keys of another mean nothing here, names do."""
        return "pipelineKey" not in raw or self.catalog.is_ours(raw["pipelineKey"])

    def new_container(self, record: Record) -> str:
        """Give the pipeline of a new box."""
        if name := record.values.get("pipelineName"):
            return self.catalog.pipeline_key(name)
        if key := record.values.get("pipelineKey"):
            return str(key)
        raise RecordRejected("the box has no pipelineName, so nobody knows where to make it", code="no_pipeline")

    def encode(self, name: str, value: Any, container: str | None) -> tuple[str, Any] | None:
        """Give Streak's property and value; names of stages and fields mean what they mean in that pipeline."""
        kind, _, field = name.partition(".")
        if kind == "fieldValues":
            if (known := self.catalog.encoders.get((str(container), field))) is not None:
                return f"fields.{known[0]}", known[1](value)
            return self.custom_field(str(container), field, value)
        if name in PIPELINE or (kind == "stageName" and blank(value)) or not self.takes(name):
            return None
        if name == "stageName":
            return "stageKey", self.catalog.stage_key(str(container), value)
        if name == "assigneeEmails":
            return "assignedToSharingEntries", self.team.members.assignees(value or [])
        return name, "" if value is None else value

    def display_value(self, name: str, value: Any, container: str | None) -> Any:
        """Give a stage by its name."""
        if name == "stageName" and container and isinstance(value, str):
            return self.catalog.stage_name(container, value)
        return super().display_value(name, value, container)

    def read(self, key: str) -> dict[str, Any]:
        """Read a box."""
        return cast("dict[str, Any]", self.client.get(f"/v1/boxes/{key}"))

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make a box with its fields."""
        container = self.new_container(record)
        path = f"/v2/pipelines/{container}/boxes"
        made = self.client.create(path, json=body, look_up=lambda: self._existing.latest(record, container))
        return cast("dict[str, Any]", made)

    def update(self, key: str, body: dict[str, Any], seen: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002
        """Change a box; lists replace, fields merge."""
        return cast("dict[str, Any]", self.client.post(f"/v1/boxes/{key}", json=body))

    def update_slot(self, key: str, slot: str, value: Any) -> Any:
        """Write one custom field by its own endpoint; nothing is `null` there."""
        path = f"/v1/boxes/{key}/{slot.replace('.', '/', 1)}"
        return self.client.post(path, json={"value": None if blank(value) else value}).get("value")

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find the box by its order id, or, after a run that died, by its name."""
        return self._existing.find(record, self.new_container(record), intent)


class Contacts(PartySink):
    """People."""

    stream = "contacts"
    natural_kinds = frozenset({"email"})
    may_go_with_create = frozenset({"fields", "orgLinks"})
    references = _organizations("orgLinks")

    def natural_keys(self, record: Record) -> list[str]:
        """Give the e-mail addresses, and the name of a person without any."""
        emails = [natural_key("email", email) for email in record.values.get("emailAddresses") or [] if email.strip()]
        return list(dict.fromkeys(emails))

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find a person without e-mail by name among those whom we made and whom no other record has."""
        if self.natural_keys(record):
            return super().look_up(record, intent)
        keys = (key for key in nameless_keys(self.ledger, name_of(record.values)) if self._is_free(key))
        remembered = (contact for key in keys if (contact := read_or_none(self, key)) is not None)
        if (known := next(remembered, None)) is not None:
            return known
        return self._made_by_us(record) if intent is not None else None

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make one; of a person without e-mail only the name tells whether a lost request had its effect."""
        return self._made(self.natural_keys(record), body, lambda: self._made_by_us(record))

    def _made_by_us(self, record: Record) -> dict[str, Any] | None:
        name, me = name_of(record.values), self.team.account.user_key
        for contact in self.team.lists.parties(self.stream):
            ours = contact.get("creatorKey") == me and not contact.get("emailAddresses")
            if ours and name_of(contact) == name and self._is_free(str(contact["key"])):
                return contact
        return None

    def _is_free(self, key: str) -> bool:
        taken = self.ledger.links.to_key(self.stream, key) or self.ledger.neighbours.source_of(self.stream, key)
        return not taken

    def skip_reason(self, record: Record) -> str | None:
        """Make no contact without e-mail unless the setting says so."""
        if self.natural_keys(record) or not self.team.contacts_need_email:
            return None
        return "no e-mail, so no contact (contact_without_email)"


class Organizations(PartySink):
    """Companies."""

    stream = "organizations"
    natural_kinds = frozenset({"domain", "name"})
    may_go_with_create = frozenset({"fields"})

    def natural_keys(self, record: Record) -> list[str]:
        """Give the domains; the name only where no domain is known."""
        domains = [natural_key("domain", domain) for domain in record.values.get("domains") or [] if domain.strip()]
        name = record.values.get("name")
        return list(dict.fromkeys(domains)) or ([natural_key("name", name)] if not blank(name) else [])


class Tasks(BoxEffect):
    """To-dos."""

    stream = "tasks"
    text = "text"
    other_ways = frozenset({"text", "dueDate", "assignedToSharingEntries"})
    dispensable = ASSIGNEES

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make it; Streak makes open tasks only, so one that is done is ticked off then."""
        return self._ticked_off(record, super().create(record, body))

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find it; one of ours that a run made before it died may still have to be ticked off."""
        found = super().look_up(record, intent)
        return self._ticked_off(record, found) if found and intent else found

    def update_slot(self, key: str, slot: str, value: Any) -> Any:
        """Name assignees as Streak's newer description does."""
        if slot not in ASSIGNEES:
            return super().update_slot(key, slot, value)
        return super().update_slot(key, "assignedTo", value)

    def _ticked_off(self, record: Record, task: dict[str, Any]) -> dict[str, Any]:
        if record.values.get("status") != "DONE" or task.get("status") == "DONE":
            return task
        return cast("dict[str, Any]", self.client.post(f"/v2/tasks/{task['key']}", json={"status": "DONE"}))

    def body(self, record: Record) -> dict[str, Any]:
        """Give what Streak takes; only members can be assigned."""
        values = record.values
        body = {"text": values["text"]}
        if not blank(values.get("dueDate")):
            body["dueDate"] = _instant("dueDate", values["dueDate"])
        if assignees := self.team.members.assignees(values.get("assigneeEmails") or []):
            body["assignedToSharingEntries"] = assignees
        return body


class Comments(BoxEffect):
    """Comments."""

    stream = "comments"
    text = "message"
    other_ways = frozenset({"message"})


class Meetings(BoxEffect):
    """Meetings and calls."""

    stream = "meetings"
    text = "notes"
    other_ways = frozenset({"notes", "startTimestamp", "duration"})

    def body(self, record: Record) -> dict[str, Any]:
        """Give what Streak takes; the length is in milliseconds."""
        values = record.values
        start = _instant("startTimestamp", values["startTimestamp"])
        body = {"meetingType": values["meetingType"], "startTimestamp": start, "notes": values.get("notes") or ""}
        return body | ({"duration": values["duration"]} if values.get("duration") is not None else {})


def _instant(name: str, value: Any) -> int:
    instant = milliseconds(value)
    if instant is None:
        raise RecordRejected(f"{name} is no ISO instant and no milliseconds", code="bad_value")
    return instant
