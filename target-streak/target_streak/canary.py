"""`target-streak setup --canary`: write to a scratch pipeline, read back, and remove all that was made.

What is made is noted in the ledger before it is asked for. So whatever ends a canary, its end or the next one removes
it: the pipeline by its name, people and companies by their addresses, which nobody else has (`.invalid`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

from singer_rest import (
    IGNORED,
    KEPT,
    REFUSED,
    ApiError,
    ApiUnavailable,
    Fate,
    OutcomeUnknown,
    RestClient,
    fate,
)
from streak_api.errors import GONE_PHRASES
from streak_api.paging import Row, opened, pages, rows_of

from target_streak.connection import Connection
from target_streak.first_contact import TRIED, Answers, Write
from target_streak.provisioner import OPTION_LISTS
from target_streak.requirements import FieldRequirement

CANARY = "canary"
"""The kind of the bindings that say what is to be removed: by stream and address; `` when it is gone."""
ASKED, ASKED_BEFORE = "asked for", "asked for before"
"""Instead of a key: nobody heard whether it was made. It may come late, so it is removed by two canaries."""
NAME = "Canary of target-streak (may be deleted)"
FIELDS = {"Text": "TEXT_INPUT", "Text 2": "TEXT_INPUT", "Day": "DATE", "Choice": "DROPDOWN"}
STAGES = ("One", "Two")
ADDRESSES = {"contacts": "emailAddresses", "organizations": "domains"}
EXISTING = {"getIfExisting": "true"}
NOON = 1_767_268_800_000
PROBLEMS = (ApiError, ApiUnavailable, OutcomeUnknown, KeyError, TypeError, AttributeError)
"""What may end one step: refusals, silence, and answers of another shape."""


def canary(connection: Connection, client: RestClient, write: Write) -> int:
    """Find the answers out, keep them, remove what was made, print the table; 0 when nothing was left behind."""
    attempt, interrupted, left = Canary(connection, client, write), False, list[str]()
    attempt.remove()
    try:
        with attempt.stop.listening():
            attempt.at_everything()
    except Interrupted:
        interrupted = True
        write("  interrupted: what was made is removed")
    finally:
        with attempt.stop.ignored():
            left = attempt.remove()
    for line in attempt.answers.table():
        write(line)
    for what in left:
        write(f"  problem: {what} could not be removed: run `setup --canary` again, or delete it in Streak")
    return 1 if left or interrupted else 0


class Canary:
    """One try of all writes. Each step that fails leaves its answers open, and the next one is made all the same."""

    def __init__(self, connection: Connection, client: RestClient, write: Write) -> None:
        """Take a connection to the team."""
        self._connection, self._client, self._write = connection, client, write
        self.stop = Stop()
        self._account, self._bindings = connection.account, connection.ledger.bindings
        self.answers = Answers(connection.ledger, TRIED)
        self._mark = f"canary-{token_hex(6)}"
        self._me = [{"email": str(self._account.me["email"])}]
        self._fields: dict[str, str] = {}
        self._stages: list[str] = []
        self._pipeline = self._organization = self._contact = ""

    def at_everything(self) -> None:
        """Make and try everything."""
        self._make_pipeline()
        for step in (self._options, self._companies, self._people, self._boxes):
            self._write(f"  trying: {step.__name__.strip('_')}")
            with self._step():
                step()

    @contextmanager
    def _step(self, *topics: tuple[str, str]) -> Iterator[None]:
        """Go on after what fails; the topics stay open then, with the reason."""
        try:
            yield
        except PROBLEMS as problem:
            status = getattr(problem, "status", None)
            why = f"refused ({status})" if status else "another answer than expected"
            for subject, topic in topics:
                self.answers.leave_open(subject, topic, why)

    def _post(self, path: str, body: Any, **params: Any) -> Row:
        self.stop.check()
        answer = self._client.post(path, json=body, params=params or None)
        if not isinstance(answer, dict):
            raise TypeError(path)
        return answer

    def _note(self, subject: str, topic: str, sent: Any, there: Any, before: Any = None) -> str:
        answer = IGNORED if fate(sent, there, before) is Fate.LOST else KEPT
        self.answers.note(subject, topic, answer)
        return answer

    # the pipeline and its options

    def _make_pipeline(self) -> None:
        """Make the scratch pipeline, as a run makes what it lacks; without it there is nothing to try."""
        name, catalog = f"{NAME} {self._mark}", self._connection.catalog
        self._connection.provisioner.make_pipeline(name, STAGES)
        self._pipeline = catalog.find_pipeline(name).key
        fields = [FieldRequirement(field, "text", kind) for field, kind in FIELDS.items()]
        self._connection.provisioner.make_fields(self._pipeline, fields)
        made = catalog.existing(self._pipeline)
        self._stages = [stage.key for stage in made.stages]
        self._fields = {field.name: field.key for field in made.fields}

    def _own_pipelines(self) -> list[Row]:
        """The scratch pipelines that this key's user made."""
        rows = rows_of(pages(self._client, "/v1/pipelines"))
        ours = (row for row in rows if str(row.get("name")).startswith(NAME))
        return [row for row in ours if row.get("creatorKey") in {None, self._account.user_key}]

    def _options(self) -> None:
        """Add an option to some that are there."""
        path = f"/v1/pipelines/{self._pipeline}/fields/{self._fields['Choice']}"
        settings, listed, label = OPTION_LISTS["DROPDOWN"]

        def options(row: Row) -> list[Row]:
            return list((row.get(settings) or {}).get(listed) or [])

        before = options(self._post(path, {settings: {listed: [{label: "A"}, {label: "B"}]}}))
        after = options(self._post(path, {settings: {listed: [{label: "C"}]}}, addOnly="true"))
        if len(before) > 1:
            keys = {str(option["key"]) for option in after}
            stayed = all(str(option["key"]) in keys for option in before)
            self.answers.note("definitions", "addOnly", KEPT if stayed else IGNORED)

    # people and companies

    def _companies(self) -> None:
        domain = f"{self._mark}.invalid"
        self._organization = self._party("organizations", domain, {"name": "Canary", "other": "made by a test"})

    def _people(self) -> None:
        """Make a contact at its company, then link it by an update."""
        address = f"first@of-{self._mark}.invalid"
        self._contact = self._party("contacts", address, {"givenName": "Canary", "title": "made by a test"})
        links = [{"key": self._organization}]
        with self._step(("contacts", "update orgLinks")):
            linked = self._post(f"/v2/contacts/{self._contact}", {"orgLinks": links})
            self._note("contacts", "update orgLinks", links, linked.get("orgLinks"))
        other = f"second@with-{self._mark}.invalid"
        with self._step(("contacts", "create orgLinks")):
            self._bindings.bind(CANARY, "contacts", other, ASKED)
            body = {"givenName": "Canary", "emailAddresses": [other], "orgLinks": links}
            try:
                made = self._post(self._team_path("contacts"), body, **EXISTING)
            except ApiError as refused:
                if refused.status != 400 or self.answers.known("contacts", "getIfExisting") != "any body":
                    raise
                self.answers.note("contacts", "create orgLinks", REFUSED)
            else:
                self._bindings.bind(CANARY, "contacts", other, str(made["key"]))
                self._note("contacts", "create orgLinks", links, made.get("orgLinks"))

    def _party(self, stream: str, address: str, more: Row) -> str:
        """Make one with all that is known, else with the address alone; and see that it is found by it."""
        alone = {ADDRESSES[stream]: [address]}
        self._bindings.bind(CANARY, stream, address, ASKED)
        try:
            made = self._post(self._team_path(stream), alone | more, **EXISTING)
        except ApiError as refused:
            if refused.status != 400:
                raise
            made = self._post(self._team_path(stream), alone, **EXISTING)
            self.answers.note(stream, "getIfExisting", "address only")
        else:
            self.answers.note(stream, "getIfExisting", "any body")
        key = str(made["key"])
        self._bindings.bind(CANARY, stream, address, key)
        with self._step((stream, "same address")):
            again = self._post(self._team_path(stream), alone, **EXISTING)
            if str(again["key"]) != key:
                self._bindings.bind(CANARY, stream, f"again {address}", str(again["key"]))
            self.answers.note(stream, "same address", "found" if str(again["key"]) == key else "a second one is made")
        return key

    def _team_path(self, stream: str) -> str:
        return f"/v2/teams/{self._account.team_key}/{stream}"

    # boxes and what is on them

    def _boxes(self) -> None:
        """Make a box with everything, another with its name alone; change, clear, look at the list, delete."""
        text, more = self._fields["Text"], self._fields["Text 2"]
        links = {"contacts": [{"key": self._contact}], "organizations": [{"key": self._organization}]}
        links = {slot: items for slot, items in links.items() if items[0]["key"]}
        whole = {"fields": {text: "one", more: "one", self._fields["Day"]: NOON}, "assignedToSharingEntries": self._me}
        for slot, value in (whole | links).items():
            self._made_with(slot, value)
        bare = str(self._box({})["key"])
        for slot, value in (whole | links | {"stageKey": self._stages[-1]}).items():
            self._changed(bare, slot, value)
        self._field_endpoint(bare, text)
        self._cleared(bare, text)
        self._task(bare)
        with self._step(("boxes", "list links")):
            rows = opened(self._client.get(f"/v1/pipelines/{self._pipeline}/boxes")).rows
            linked = self._client.get(f"/v1/boxes/{bare}").get("contacts")
            if linked:
                shown = next(row for row in rows if str(row.get("key")) == bare).get("contacts")
                self.answers.note("boxes", "list links", "shown" if shown else "left out")
        with self._step(("boxes", "deleted")):
            self._client.request("DELETE", f"/v1/boxes/{bare}")
            self.answers.note("boxes", "deleted", self._state_of(bare))

    def _box(self, more: Row) -> Row:
        body = {"name": "Canary", "stageKey": self._stages[0]} | more
        return self._post(f"/v2/pipelines/{self._pipeline}/boxes", body)

    def _made_with(self, slot: str, value: Any) -> None:
        """Make a box with one slot, so that a refusal says of which."""
        with self._step(("boxes", f"create {slot}")):
            try:
                made = self._box({slot: value})
            except ApiError as refused:
                if not refused.final:
                    raise
                self.answers.note("boxes", f"create {slot}", REFUSED)
            else:
                self._note("boxes", f"create {slot}", value, made.get(slot))

    def _changed(self, box: str, slot: str, value: Any) -> None:
        """Change one slot; what the answer lacks is looked for in the box itself."""
        with self._step(("boxes", f"update {slot}")):
            before = self._client.get(f"/v1/boxes/{box}").get(slot)
            try:
                there = self._post(f"/v1/boxes/{box}", {slot: value}).get(slot)
            except ApiError as refused:
                if not refused.final:
                    raise
                self.answers.note("boxes", f"update {slot}", REFUSED)
                return
            if fate(value, there, before) is Fate.LOST:
                there = self._client.get(f"/v1/boxes/{box}").get(slot)
            self._note("boxes", f"update {slot}", value, there, before)

    def _field_endpoint(self, box: str, field: str) -> None:
        with self._step(("boxes", "field endpoint")):
            self._post(f"/v1/boxes/{box}/fields/{field}", {"value": "three"})
            self._note("boxes", "field endpoint", "three", self._value(box, field), "one")

    def _cleared(self, box: str, field: str) -> None:
        with self._step(("boxes", "clear fields")):
            if not self._value(box, field):
                return
            try:
                self._post(f"/v1/boxes/{box}", {"fields": {field: ""}})
            except ApiError as refused:
                if not refused.final:
                    raise
                self.answers.note("boxes", "clear fields", REFUSED)
            else:
                self.answers.note("boxes", "clear fields", IGNORED if self._value(box, field) else KEPT)

    def _value(self, box: str, field: str) -> Any:
        return (self._client.get(f"/v1/boxes/{box}").get("fields") or {}).get(field)

    def _task(self, box: str) -> None:
        """Make a task for somebody else than its creator, where the team has one: he would get it anyway."""
        members = [member for member in self._account.team.get("members") or [] if member.get("email")]
        others = [member["email"] for member in members if member.get("userKey") != self._account.user_key]
        topic = "create assignedToSharingEntries"
        if not others:
            self.answers.leave_open("tasks", topic, "the team has no other member")
            return
        wanted = [{"email": others[0]}]
        with self._step(("tasks", topic)):
            task = self._post(f"/v2/boxes/{box}/tasks", {"text": "Canary", "assignedToSharingEntries": wanted})
            there = task.get("assignedToSharingEntries") or task.get("assignedTo")
            self.answers.note("tasks", topic, KEPT if others[0] in str(there) else IGNORED)

    def _state_of(self, box: str) -> str:
        try:
            self._client.get(f"/v1/boxes/{box}")
        except ApiError as refused:
            known = any(phrase in refused.reason for phrase in GONE_PHRASES)
            return "gone" if refused.status in {404, 410} or known else f"refused ({refused.status})"
        return "still there"

    # removal

    def remove(self) -> list[str]:
        """Remove everything that any canary of this ledger made; gives what is left, in words."""
        left = []
        for made in self._bindings.of_kind(CANARY):
            if made.vendor_key and self._removed(made.scope, made.name, made.vendor_key):
                self._bindings.bind(CANARY, made.scope, made.name, ASKED_BEFORE if made.vendor_key == ASKED else "")
            elif made.vendor_key:
                left.append(f"one of the {made.scope} named Canary")
        try:
            own = self._own_pipelines()
        except PROBLEMS:
            return [*left, f"pipeline {NAME!r}"]
        deleted = [self._deleted(f"/v1/pipelines/{row['key']}") for row in own]
        return left + [f"pipeline {NAME!r}"] * deleted.count(False)

    def _removed(self, stream: str, address: str, key: str) -> bool:
        """Remove a contact or organization; one whose making nobody heard the end of is asked for by its address."""
        if key in {ASKED, ASKED_BEFORE}:
            try:
                made = self._post(self._team_path(stream), {ADDRESSES[stream]: [address]}, **EXISTING)
            except PROBLEMS:
                return False
            key = str(made.get("key"))
        return self._deleted(f"/v2/{stream}/{key}")

    def _deleted(self, path: str) -> bool:
        try:
            self._client.request("DELETE", path)
        except ApiError as refused:
            return refused.status in {404, 410} or any(phrase in refused.reason for phrase in GONE_PHRASES)
        except (ApiUnavailable, OutcomeUnknown):
            return False
        return True


class Interrupted(BaseException):
    """A signal wants the canary to end; what it made is removed first."""


class Stop:
    """A signal ends a canary between two calls: what is asked for may still be made. A second one ends it now."""

    def __init__(self) -> None:
        """Begin without any signal."""
        self._wanted = False

    def check(self) -> None:
        """Raise Interrupted when a signal came."""
        if self._wanted:
            raise Interrupted

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear signals."""

        def hear(*_: object) -> None:
            self.check()
            self._wanted = True

        with _handling(hear):
            yield

    @contextmanager
    def ignored(self) -> Iterator[None]:
        """Let no signal end the removal, which takes a few seconds."""
        self._wanted = False
        with _handling(signal.SIG_IGN):
            yield


@contextmanager
def _handling(handler: Callable[..., None] | signal.Handlers) -> Iterator[None]:
    """Let a handler take the signals that end a program, where they can be taken."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = {each: signal.signal(each, handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, before in earlier.items():
            signal.signal(each, before)
