"""The streams of Streak: nouns; how a record is written is the same for all (singer_rest_sink)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_rest_sink.errors import RecordRejected
from singer_rest_sink.merge import blank
from singer_rest_sink.sink import Reference, RestSink, natural_key

from target_streak.pipeline_boxes import PipelineBoxes
from target_streak.values import milliseconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_rest_sink.client import ApiError
    from singer_rest_sink.ledger import Intent
    from singer_rest_sink.record import Record

    from target_streak.target import TargetStreak
    from target_streak.workspace import Workspace

GONE = ("existing entity does not exist", "GetEntities")
LISTS = frozenset({"emailAddresses", "phoneNumbers", "addresses", "domains"})
EXISTING = {"getIfExisting": "true"}


@cache
def _schema(stream: str) -> dict[str, Any]:
    text = files("target_streak").joinpath("schemas", f"{stream}.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def _organizations(slot: str) -> tuple[Reference, ...]:
    return (
        Reference("organizationExternalIds", "organizations", None, slot),
        Reference("organizationDomains", "organizations", "domain", slot),
        Reference(
            "organizationNames", "organizations", "name", slot, ("organizationExternalIds", "organizationDomains")
        ),
    )


class StreakSink(RestSink):
    """What all of Streak's streams have in common."""

    target: TargetStreak

    @classmethod
    def accepts(cls) -> dict[str, Any]:
        """Give the stream's own schema."""
        return _schema(cls.stream)

    @property
    def workspace(self) -> Workspace:
        """Names and keys of the team."""
        return self.target.workspace

    def prepare(self) -> None:
        """Resolve the names of the SCHEMA."""
        self.workspace.prepare(self.stream, self.schema)

    def is_gone(self, refused: ApiError) -> bool:
        """Streak answers 404, or 400 with one of its old phrases."""
        return super().is_gone(refused) or (refused.status == 400 and any(words in refused.reason for words in GONE))

    def custom_field(self, place: str, name: str, value: Any) -> tuple[str, Any] | None:
        """Encode one custom field; None when Streak computes it."""
        encoded = self.workspace.encode_fields(place, {name: value})
        return next(((f"fields.{key}", inner) for key, inner in encoded.items()), None)


class Boxes(StreakSink):
    """Deals in a pipeline."""

    stream = "boxes"
    companions: ClassVar = {"pipelineKey": "pipelineName", "stageKey": "stageName", "fields": "fieldValues"}
    references = (
        Reference("contactExternalIds", "contacts", None, "contacts"),
        Reference("contactEmails", "contacts", "email", "contacts"),
        *_organizations("organizations"),
    )

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._existing = PipelineBoxes(self)

    def place(self, record: Record) -> str:
        """Give the pipeline of a new box."""
        if name := record.values.get("pipelineName"):
            return self.workspace.pipeline(name)
        if key := record.values.get("pipelineKey"):
            return str(key)
        raise RecordRejected("the box has no pipelineName, so nobody knows where to make it", code="no_pipeline")

    def place_of(self, vendor: dict[str, Any]) -> str | None:
        """Give the pipeline where the box is now."""
        return vendor.get("pipelineKey")

    def encode(self, name: str, value: Any, place: str | None) -> tuple[str, Any] | None:
        """Give Streak's property and value; names of stages and fields mean what they mean in that pipeline."""
        kind, _, field = name.partition(".")
        if kind == "fieldValues":
            return self.custom_field(str(place), field, value)
        if name in {"pipelineName", "pipelineKey"} or (kind == "stageName" and blank(value)):
            return None
        if name == "stageName":
            return "stageKey", self.workspace.stage(str(place), value)
        if name == "assigneeEmails":
            return "assignedToSharingEntries", self.workspace.assignees(value or [])
        return name, "" if value is None else value

    def changed_at(self, vendor: dict[str, Any], name: str) -> int | None:
        """Give when the stage, or else the box, last changed."""
        return vendor.get("lastStageChangeTimestamp" if name == "stageName" else "lastUpdatedTimestamp")

    def read(self, key: str) -> dict[str, Any]:
        """Read a box."""
        return cast("dict[str, Any]", self.client.get(f"/v1/boxes/{key}"))

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make a box with its fields."""
        place = self.place(record)
        path = f"/v2/pipelines/{place}/boxes"
        made = self.client.create(path, json=body, look_up=lambda: self._existing.latest(record, place))
        return cast("dict[str, Any]", made)

    def update(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change a box; lists replace, fields merge."""
        return cast("dict[str, Any]", self.client.post(f"/v1/boxes/{key}", json=body))

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Find the box by its order id, or, after a run that died, by its name."""
        return self._existing.find(record, self.place(record), intent)


class PartySink(StreakSink):
    """What contacts and organizations have in common: found by a natural key, never overwritten when found."""

    added_to = LISTS
    fill_blanks = True
    companions: ClassVar = {"fields": "fieldValues"}

    def encode(self, name: str, value: Any, place: str | None) -> tuple[str, Any] | None:  # noqa: ARG002
        """Give Streak's property and value; blank clears."""
        kind, _, field = name.partition(".")
        if kind == "fieldValues":
            return self.custom_field(self.stream, field, value)
        if name in LISTS:
            return name, list(value or [])
        return name, "" if value is None else value

    def read(self, key: str) -> dict[str, Any]:
        """Read one."""
        return cast("dict[str, Any]", self.client.get(f"/v2/{self.stream}/{key}"))

    def update(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change one; lists replace."""
        return cast("dict[str, Any]", self.client.post(f"/v2/{self.stream}/{key}", json=body))

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:
        """Make one, or be given the one that is there; custom fields are not taken here, they follow."""
        return self._made(self.naturals(record), {name: value for name, value in body.items() if name != "fields"})

    def make_bare(self, natural: str, value: str) -> dict[str, Any]:
        """Make one of which only this is known."""
        mark = natural_key(natural, value)
        if (self.target.dry_run or natural == "name") and (known := self.target.lists.find(self.stream, mark)):
            return known
        bodies: dict[str, dict[str, Any]] = {
            "email": {"emailAddresses": [value]},
            "domain": {"domains": [value]},
            "name": {"name": value},
        }
        return self._made([mark], bodies[natural])

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:
        """Look into the list where Streak can't find by e-mail or domain itself."""
        for natural in self.naturals(record):
            by_name = natural.startswith("name:")
            if (by_name or self.target.dry_run) and (
                known := self.target.lists.find(self.stream, natural, again=by_name and intent is not None)
            ):
                return known
        return None

    def _made(self, naturals: Sequence[str], body: dict[str, Any]) -> dict[str, Any]:
        path = f"/v2/teams/{self.workspace.team_key}/{self.stream}"
        if any(not natural.startswith("name:") for natural in naturals):
            return cast("dict[str, Any]", self.client.post(path, json=body, params=EXISTING))
        name = next(iter(naturals), "")
        made = self.client.create(
            path, json=body, look_up=lambda: self.target.lists.find(self.stream, name, again=True)
        )
        return cast("dict[str, Any]", made)


class Contacts(PartySink):
    """People."""

    stream = "contacts"
    references = _organizations("orgLinks")

    def naturals(self, record: Record) -> list[str]:
        """Give the e-mail addresses, and the name of a person without any."""
        emails = [natural_key("email", email) for email in record.values.get("emailAddresses") or [] if email.strip()]
        return list(dict.fromkeys(emails))

    def unwanted(self, record: Record) -> str | None:
        """Make no contact without e-mail unless the setting says so."""
        if self.naturals(record) or self.target.config["contact_without_email"] == "create":
            return None
        return "no e-mail, so no contact (contact_without_email)"


class Organizations(PartySink):
    """Companies."""

    stream = "organizations"

    def naturals(self, record: Record) -> list[str]:
        """Give the domains; the name only where no domain is known."""
        domains = [natural_key("domain", domain) for domain in record.values.get("domains") or [] if domain.strip()]
        name = record.values.get("name")
        return list(dict.fromkeys(domains)) or ([natural_key("name", name)] if not blank(name) else [])


class BoxEffect(StreakSink):
    """Something that happens once on a box."""

    effect = True
    references = (Reference("boxExternalId", "boxes"),)
    text: ClassVar[str]

    def create(self, record: Record, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002  # an effect is made whole
        """Make it on its box; the box's own list tells whether it is there when the answer got lost."""
        box = self.box(record)
        path = f"/v2/boxes/{box}/{self.stream}"
        made = self.client.create(path, json=self.body(record), look_up=lambda: self.look_up(record, None))
        return cast("dict[str, Any]", made)

    def body(self, record: Record) -> dict[str, Any]:
        """Give what Streak takes."""
        return {self.text: record.values[self.text]}

    def box(self, record: Record) -> str:
        """Give the key of its box. RecordRejected while there is none."""
        name = record.values.get("boxExternalId")
        link = self.ledger.link("boxes", str(name)) if name else None
        if link is not None and link.state == "detached":
            raise RecordRejected("its box was deleted in Streak", code="detached")
        if link is not None and link.vendor_key:
            return link.vendor_key
        if name:
            raise RecordRejected(f"its box {name} is not there yet", code="waiting", waits_for=("boxes", str(name)))
        if record.values.get("boxKey"):
            return str(record.values["boxKey"])
        raise RecordRejected("neither boxExternalId nor boxKey says which box it belongs to", code="no_box")

    def look_up(self, record: Record, intent: Intent | None) -> dict[str, Any] | None:  # noqa: ARG002
        """Find one with the same content in the box's list that no other record has made."""
        answer = self.client.get(f"/v2/boxes/{self.box(record)}/{self.stream}")
        wanted = self.body(record)[self.text]
        for made in answer.get("results", []) if isinstance(answer, dict) else answer:
            if made.get(self.text) == wanted and not self.ledger.links_to(self.stream, str(made["key"])):
                return cast("dict[str, Any]", made)
        return None


class Tasks(BoxEffect):
    """To-dos."""

    stream = "tasks"
    text = "text"

    def body(self, record: Record) -> dict[str, Any]:
        """Give what Streak takes; only members can be assigned."""
        values = record.values
        body = {"text": values["text"]}
        if not blank(values.get("dueDate")):
            body["dueDate"] = _instant("dueDate", values["dueDate"])
        if assignees := self.workspace.assignees(values.get("assigneeEmails") or []):
            body["assignedToSharingEntries"] = assignees
        return body


class Comments(BoxEffect):
    """Comments."""

    stream = "comments"
    text = "message"


class Meetings(BoxEffect):
    """Meetings and calls."""

    stream = "meetings"
    text = "notes"

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
