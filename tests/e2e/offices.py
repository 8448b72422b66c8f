"""Two teams in one CRM: people work in the first, the second has the same pipelines and nothing in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import requests
from crm import Crm

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

MEMBERS = ("maya@sandbox-sales.example", "tom@sandbox-sales.example")
STAGES = {"Leads": ("New", "Talking", "Won"), "Projects": ("Plan", "Build", "Done")}
REGIONS, TAGS = ("EU", "US", "São Paulo"), ("big", "late", "Größe L")
FIELDS = {
    "Region": ("DROPDOWN", REGIONS),
    "Labels": ("TAG", TAGS),
    "Budget": ("TEXT_INPUT", ()),
    "Due": ("DATE", ()),
    "Signed": ("CHECKBOX", ()),
}
TEAM_FIELDS = {"1001": {"name": "Salutation", "type": "TEXT_INPUT"}}
NOON = 1_777_680_000_000
DAY = 86_400_000


class Office:
    """One team as somebody in it works: everything goes through Streak's API."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.sandbox, self.name = sandbox, name
        self._web = requests.Session()
        self._web.auth = (sandbox.streak_key, "")
        team = self.post("/v2/teams", {"name": name, "members": [{"email": email} for email in MEMBERS]})
        self.key = team["key"]
        self.post(f"/v2/teams/{self.key}", {"contactSettings": {"fields": TEAM_FIELDS}})
        self.pipelines: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        self._web.close()

    def post(self, path: str, body: Any) -> Any:
        answer = self._web.post(f"{self.sandbox.streak_url}{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def make_pipelines(self, *, fields: bool = True, backwards: bool = False) -> None:
        """Make the pipelines; backwards, every key means something else than in the other team."""
        for name, stages in STAGES.items():
            ordered = tuple(reversed(stages)) if backwards else stages
            made = self.post("/v2/pipelines", {"name": name, "teamKey": self.key, "stages": ordered})
            for field, (kind, labels) in list(FIELDS.items())[:: -1 if backwards else 1] if fields else ():
                self._field(made["key"], field, kind, labels[:: -1 if backwards else 1])
            self.pipelines[name] = self._web.get(
                f"{self.sandbox.streak_url}/v1/pipelines/{made['key']}", timeout=10
            ).json()

    def _field(self, pipeline: str, name: str, kind: str, labels: tuple[str, ...]) -> None:
        made = self.post(f"/v2/pipelines/{pipeline}/fields", {"name": name, "type": kind})
        options = {
            "DROPDOWN": {"dropdownSettings": {"items": [{"name": label} for label in labels]}},
            "TAG": {"tagSettings": {"tags": [{"tag": label} for label in labels]}},
        }
        if kind in options:
            self.post(f"/v1/pipelines/{pipeline}/fields/{made['key']}?addOnly=true", options[kind])

    def field(self, pipeline: str, name: str) -> dict[str, Any]:
        return next(field for field in self.pipelines[pipeline]["fields"] if field["name"] == name)

    def option(self, pipeline: str, name: str, label: str) -> str:
        settings = self.field(pipeline, name)
        items = (settings.get("dropdownSettings") or {}).get("items") or settings["tagSettings"]["tags"]
        return next(str(item["key"]) for item in items if label in {item.get("name"), item.get("tag")})

    # a week of work

    def work(self, boxes: int = 24) -> None:
        """People, companies and deals, with all that Streak lets people write down."""
        path = f"/v2/teams/{self.key}"
        acme = self.post(
            f"{path}/organizations", {"name": "Acme Ltd", "domains": ["acme.example"], "industry": "Steel"}
        )
        nameless = self.post(f"{path}/organizations", {"name": "Bäckerei Roth", "phoneNumbers": ["+49 30 1"]})
        firms = [acme["key"], nameless["key"]]
        people = [self._person(number, firms[number % 2]) for number in range(8)]
        people.append(
            self.post(f"{path}/contacts", {"givenName": "Uma", "familyName": "NoMail", "title": "Owner"})["key"]
        )
        for number in range(boxes):
            self._deal(number, people, firms)

    def _person(self, number: int, firm: str) -> str:
        person = {
            "givenName": f"P{number}",
            "familyName": "Ó Briain",
            "title": "Buyer" if number % 3 else "",
            "emailAddresses": [f"p{number}@acme.example", *([f"p{number}@home.example"] if number % 4 == 0 else [])],
            "phoneNumbers": ["+1 512 555 0100"],
            "other": "met at the fair",
        }
        key = str(self.post(f"/v2/teams/{self.key}/contacts", person)["key"])
        self.post(f"/v2/contacts/{key}", {"orgLinks": [{"key": firm}], "fields": {"1001": f"Dr. {number}"}})
        return key

    def _deal(self, number: int, people: list[str], firms: list[str]) -> None:
        place = list(STAGES)[number % 2]
        pipeline = self.pipelines[place]
        stage = list(pipeline["stages"])[number % 3]
        box = self.post(
            f"/v2/pipelines/{pipeline['key']}/boxes",
            {"name": f"Deal {number // 2}", "notes": f"Note {number}\n“kept” as it is", "stageKey": stage}
            | ({"assignedToSharingEntries": [MEMBERS[number % 2]]} if number % 5 else {}),
        )
        values = {
            self.field(place, "Region")["key"]: self.option(place, "Region", REGIONS[number % 3]),
            self.field(place, "Labels")["key"]: [self.option(place, "Labels", one) for one in TAGS[: number % 4]],
            self.field(place, "Budget")["key"]: f"{number}.50",
            self.field(place, "Due")["key"]: NOON + number * DAY,
            self.field(place, "Signed")["key"]: number % 2 == 0,
        }
        links = {"contacts": [{"key": people[(number + some) % len(people)]} for some in range(number % 3)]}
        links["organizations"] = [{"key": firm} for firm in firms[: number % 3]]
        self.post(f"/v1/boxes/{box['key']}", {"fields": values, **links})
        self._history(number, box["key"])

    def _history(self, number: int, box: str) -> None:
        path = f"/v2/boxes/{box}"
        for again in range(number % 3):  # equal texts, twice on one box, are two comments
            self.post(f"{path}/comments", {"message": f"Called about deal {number // 2 - again // 2}"})
        task = self.post(f"{path}/tasks", {"text": "Send offer", "assignedTo": [{"email": MEMBERS[0]}]})
        if number % 2:
            self.post(f"/v2/tasks/{task['key']}", {"status": "DONE"})
            self.post(f"{path}/tasks", {"text": "Ring back", "dueDate": NOON + DAY})
        if number % 4 == 0:
            call = {
                "meetingType": "CALL_LOG",
                "startTimestamp": NOON + number,
                "duration": 60_000,
                "notes": "Long call",
            }
            self.post(f"{path}/meetings", call)

    # what there is

    def contents(self) -> dict[str, list[Any]]:
        """All that people can see and change, without keys, in an order of its own."""
        snapshot = self.sandbox.snapshot()
        crm = Crm(snapshot)
        streak = crm.streak
        ours = {one["key"] for one in streak["pipelines"] if one["teamKey"] == self.key}
        boxes = [self._box(crm, box) for box in streak["boxes"] if box["pipelineKey"] in ours]
        parties = {
            noun: [_written(noun, one, crm) for one in streak[noun] if one["teamKey"] == self.key]
            for noun in ("contacts", "organizations")
        }
        return {name: sorted(found, key=repr) for name, found in (parties | {"boxes": boxes}).items()}

    def kinds(self) -> dict[str, set[tuple[str, str]]]:
        """The custom fields of each pipeline, with their types."""
        found = [one for one in self.sandbox.snapshot()["streak"]["pipelines"] if one["teamKey"] == self.key]
        return {one["name"]: {(field["name"], field["type"]) for field in one["fields"]} for one in found}

    def _box(self, crm: Crm, box: dict[str, Any]) -> dict[str, Any]:
        shown, streak = crm._box(box), crm.streak
        (pipeline,) = [one for one in streak["pipelines"] if one["key"] == box["pipelineKey"]]
        tags = {field["name"]: _labels(field) for field in pipeline["fields"] if field["type"] == "TAG"}
        fields = {
            name: sorted(tags[name][key] for key in value) if name in tags else value
            for name, value in shown["fields"].items()
            if value not in ([], None)
        }
        return {
            **{name: shown[name] for name in ("name", "notes", "pipeline", "stage")},
            "assignees": sorted(shown["assignees"]),
            "fields": fields,
            "contacts": sorted(_person_name(one) for one in shown["contacts"]),
            "organizations": sorted(one["name"] for one in shown["organizations"]),
            "tasks": sorted(
                (task["text"], task["status"], task.get("dueDate"), *(one["email"] for one in task["assignedTo"]))
                for task in shown["tasks"]
            ),
            "comments": dict(Counter(shown["comments"])),
            "meetings": sorted(
                (one["meetingType"], one["startTimestamp"], one["duration"], one["notes"])
                for one in streak["meetings"]
                if one["boxKey"] == box["key"]
            ),
        }


def _labels(field: dict[str, Any]) -> dict[str, str]:
    return {str(tag["key"]): tag["tag"] for tag in field["tagSettings"]["tags"]}


def _person_name(contact: dict[str, Any]) -> str:
    return f"{contact.get('givenName')} {contact.get('familyName')}"


GIVEN = {"key", "teamKey", "creatorKey", "lastSavedUserKey", "creationDate", "versionTimestamp", "lastSavedTimestamp"}


def _written(noun: str, one: dict[str, Any], crm: Crm) -> dict[str, Any]:
    """A contact or organization without what the server gives it."""
    told = {name: value for name, value in one.items() if name not in GIVEN and value not in (None, "", [], {})}
    if links := told.pop("orgLinks", None):
        told["orgLinks"] = sorted(crm.organizations[link["key"]]["name"] for link in links)
    return {"noun": noun, **told}
