"""Names that people gave in Streak, and the keys that they mean: read whole, bound for good, read again on a miss.

A name is bound to its key in the ledger when it is first resolved: from then on the key counts, whatever it is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from threading import RLock
from time import monotonic
from typing import Any, TypeVar

from singer_rest import ApiFindings, Ledger, LogOnce, RecordRejected, RestClient
from streak_api.fields import encode, encode_for_party
from streak_api.names import listed, nearest
from streak_api.pipelines import (
    TEAM_SETTINGS,
    Field,
    Named,
    Pipeline,
    pipeline_of,
    pipeline_rows,
    read_pipeline,
    team_containers,
)
from streak_api.teams import Account

from target_streak.requirements import HOLDS, FieldRequirement, Requirements, requirement_for

DAY = re.compile(r"\d{4}-\d\d-\d\d")
FILLED, TYPE = "filled", "field type"
REREAD_SECONDS = 60.0
T = TypeVar("T")
Name = tuple[str, str, str]
"""Kind (with the field of an option), container, and the name that the mapping uses."""


@dataclass(eq=False)
class NameProblem(Exception):  # noqa: N818  it is a finding, listed with others
    """A name that leads to nothing: `absent`, `deleted` (it was bound) or `ambiguous`."""

    trouble: str
    kind: str
    name: str
    where: str
    names: Sequence[str]

    def __str__(self) -> str:
        """Say what is wrong and what there is instead."""
        subject = f"{self.kind} {self.name!r}{self.where}"
        if self.trouble == "deleted":
            return f"{subject} was deleted in Streak"
        if self.trouble == "ambiguous":
            return f"{subject} is ambiguous: Streak has several of that name, rename all but one"
        return f"{subject} does not exist{nearest(self.name, self.names)} (there are {listed(self.names)})"

    @property
    def rejection(self) -> RecordRejected:
        """What becomes of a record that needs the name. Labels of options come from records: logs don't show them."""
        makeable = self.trouble == "absent" and self.kind in {"field", "option"}
        remedy = "; make it in Streak or set create_missing_fields" if makeable else ""
        log = "a field lacks the option, the dead letter says which" if self.kind == "option" else None
        return RecordRejected(f"{self}{remedy}", code="unknown_name", log=log)


class Catalog:
    """Pipelines, stages, fields and options of one team by name. Safe to use from all lanes: a hit takes no lock.

    A container is a pipeline's key, or `contacts` or `organizations` for the team's own fields. What `find_*` raises is
    a NameProblem; the others raise RecordRejected, after they have read the container again (once a minute at most).
    """

    def __init__(
        self, client: RestClient, ledger: Ledger, account: Account, once: LogOnce, *, dry_run: bool = False
    ) -> None:
        self.account = account
        self.lock = RLock()
        self.make: Callable[[str, FieldRequirement], object] | None = None
        """Makes a field, or options of one, in a container; None where a run may not."""
        self.required: dict[str, Requirements] = {}
        self.read_at = 0.0
        self.client, self.ledger, self.once, self.dry_run = client, ledger, once, dry_run
        self._bindings = ledger.bindings
        self.date_hour = ApiFindings(ledger.bindings, "fields").get("DATE hour")
        """The time of day, in UTC, that most dates in this account have; None where nobody has looked."""
        self.containers = {container.key: container for container in team_containers(account.team)}
        """Pipelines by key, and `contacts` and `organizations`."""
        self._keys: dict[Name, str] = {}
        self.encoders: dict[tuple[str, str], tuple[str, Callable[[Any], Any]]] = {}
        self._missed: dict[Name, float] = {}

    # reading

    def read_all(self) -> None:
        """Read every pipeline (1 call)."""
        read = map(pipeline_of, pipeline_rows(self.client, self.account.team_key))
        kept = {key: container for key, container in self.containers.items() if key in TEAM_SETTINGS}
        self.containers = kept | {pipeline.key: pipeline for pipeline in read}
        self.read_at = monotonic()

    def read_one(self, container: str) -> None:
        """Read a container again (1 call); a pipeline that is gone is dropped."""
        if container in TEAM_SETTINGS:
            team = self.client.get(f"/v2/teams/{self.account.team_key}")
            self.containers = self.containers | {read.key: read for read in team_containers(team)}
            return
        pipeline = read_pipeline(self.client, container)
        others = {key: known for key, known in self.containers.items() if key != container}
        self.containers = others | {container: pipeline} if pipeline else others

    def put(self, pipeline: Pipeline) -> None:
        """Take in a pipeline that was just made."""
        self.containers = self.containers | {pipeline.key: pipeline}

    def put_field(self, container: str, field: Field) -> None:
        """Take in a field that was just made or got options."""
        known = self.containers[container]
        self.put(replace(known, fields=(*(other for other in known.fields if other.key != field.key), field)))

    def require(self, requirements: Requirements) -> None:
        """Note what the records of a stream will name."""
        self.required[requirements.stream] = requirements
        self.encoders = {}

    # what there is

    @property
    def pipelines(self) -> tuple[Pipeline, ...]:
        """The team's pipelines."""
        return tuple(container for key, container in self.containers.items() if key not in TEAM_SETTINGS)

    def is_ours(self, pipeline_key: Any) -> bool:
        """Whether keys of a record mean what they mean here: its pipeline is one of the team, or it names none."""
        return pipeline_key is None or str(pipeline_key) in self.containers

    def stage_name(self, pipeline_key: str, key: str) -> str:
        """What a stage is called now; its key where it is gone."""
        pipeline = self.containers.get(pipeline_key)
        return next((stage.name for stage in (pipeline.stages if pipeline else ()) if stage.key == key), key)

    def order_id_field(self, pipeline_key: str) -> str | None:
        """The key of the field that carries the order id; None where there is none."""
        boxes = self.required.get("boxes")
        field = self.field_or_none(pipeline_key, boxes.identity) if boxes and boxes.identity else None
        return field.key if field else None

    # names to keys, for records

    def pipeline_key(self, name: str) -> str:
        """The key of a pipeline."""
        return self._keys.get(("pipeline", "", name)) or self._key(
            ("pipeline", "", name), lambda: self.find_pipeline(name).key
        )

    def stage_key(self, pipeline_key: str, name: str) -> str:
        """The key of a pipeline's stage."""
        return self._keys.get(("stage", pipeline_key, name)) or self._key(
            ("stage", pipeline_key, name), lambda: self.find_stage(self.existing(pipeline_key), name)
        )

    def encode(self, container: str, name: str, value: Any) -> tuple[str, Any] | None:
        """A custom field's key, and the value as Streak wants it written; a missing field is made where allowed.

        None for a formula, and for no value of a field that does not exist.
        """
        encoder = self.encoders.get((container, name)) or self._encoder(container, name, value)
        return (encoder[0], encoder[1](value)) if encoder else None

    # names to keys, as they were last read

    def existing(self, container: str) -> Pipeline:
        """The container of that key; NameProblem when it is gone or out of this key's sight."""
        known = self.containers.get(container)
        if known is None:
            raise NameProblem("deleted", "pipeline", container, "", [])
        return known

    def find_pipeline(self, name: str) -> Pipeline:
        """The pipeline of that name."""
        return self.containers[self._resolve("pipeline", self.account.team_key, name, self.pipelines)]

    def find_stage(self, pipeline: Pipeline, name: str) -> str:
        """The key of the stage of that name."""
        return self._resolve("stage", pipeline.key, name, pipeline.stages, pipeline.where)

    def find_field(self, container: Pipeline, name: str) -> Field:
        """The custom field of that name."""
        key = self._resolve("field", container.key, name, container.fields, container.where)
        return next(field for field in container.fields if field.key == key)

    def find_option(self, container: Pipeline, field: Field, label: str) -> str:
        """The key of the option with that label."""
        where = f" of field {field.name!r}{container.where}"
        return self._resolve("option", option_scope(container.key, field), label, field.options, where)

    def field_or_none(self, container: str, name: str) -> Field | None:
        """The custom field of that name; None when it, or its container, does not exist."""
        known = self.containers.get(container)
        return found_or_none(lambda: self.find_field(known, name)) if known else None

    def missing_options(self, container: Pipeline, field: Field, labels: Sequence[str]) -> list[NameProblem]:
        """The problems with those labels that lead to no option."""
        return problems_of(partial(self.find_option, container, field), labels)

    # what was bound

    def bind(self, kind: str, scope: str, name: str, key: str) -> None:
        """Remember what a name means; not in a dry run."""
        if not self.dry_run:
            self._bindings.bind(kind, scope, name, key)

    def was_filled(self, container: Pipeline, requirement: FieldRequirement) -> bool:
        """Whether the field of that name held such values in an earlier run: then somebody retyped it since."""
        return self._bindings.get(FILLED, container.key, requirement.name) == requirement.kind

    def note_filled(self, container: Pipeline, requirement: FieldRequirement, field_type: str) -> None:
        """Remember that the field of that name holds such values, and of which type it was then."""
        if not self.was_filled(container, requirement):
            self.bind(FILLED, container.key, requirement.name, requirement.kind)
        if self._bindings.get(TYPE, container.key, requirement.name) is None:
            self.bind(TYPE, container.key, requirement.name, field_type)

    def retyped(self, container: Pipeline, field: Field, requirement: FieldRequirement) -> str | None:
        """Say that a field, which still holds such values, has another type than before, or than the mapping names."""
        before = self._bindings.get(TYPE, container.key, requirement.name)
        if before not in {None, field.type}:
            return f"field {field.name!r}{container.where} was a {before} field, and is a {field.type} field now"
        if requirement.explicit and requirement.type != field.type:
            return (
                f"field {field.name!r}{container.where} is a {field.type} field, the mapping names {requirement.type}"
            )
        return None

    def renamed(self, kind: str, container: Pipeline, names: Iterable[str], existing: Sequence[Named]) -> list[str]:
        """Say which names of a mapping mean something that people have renamed in this container."""
        lines = []
        for name in names:
            bound = self._bindings.get(kind, container.key, name)
            now = next((named.name for named in existing if named.key == bound), name)
            if now != name:
                taken = "; another one has that name now" if any(named.name == name for named in existing) else ""
                lines.append(f"{kind} {name!r}{container.where} is called {now!r} in Streak now{taken}")
        return lines

    def _resolve(self, kind: str, scope: str, name: str, existing: Sequence[Named], where: str = "") -> str:
        bound = self._bindings.get(kind, scope, name)
        for named in existing:
            if named.key == bound:
                if named.name != name:
                    renamed = f"is called {named.name!r} in Streak now; it is still used for {name!r}"
                    self.once.warning(f"{kind} {name!r}{where} {renamed}")
                return named.key
        keys = [named.key for named in existing if named.name == name]
        if len(keys) == 1:
            if bound:
                self.once.warning(f"{kind} {name!r}{where} was deleted in Streak and made again; the new one is used")
            self.bind(kind, scope, name, keys[0])
            return keys[0]
        trouble = "ambiguous" if keys else "deleted" if bound else "absent"
        raise NameProblem(trouble, kind, name, where, [named.name for named in existing])

    # a miss

    def _key(self, name: Name, find: Callable[[], str], requirement: FieldRequirement | None = None) -> str:
        with self.lock:
            key = self._keys[name] = self._found(name, find, requirement)
        return key

    def _found(self, name: Name, find: Callable[[], T], requirement: FieldRequirement | None = None) -> T:
        """What is found after what is required was made, where that is allowed, or else after reading again.

        For one name nothing is read twice in a minute.
        """
        kind, container, _ = name
        try:
            return find()
        except NameProblem as problem:
            if requirement and self.make and problem.trouble == "absent" and container not in TEAM_SETTINGS:
                self.make(container, requirement)
            elif monotonic() - self._missed.get(name, -inf) < REREAD_SECONDS:
                raise problem.rejection from problem
            else:
                self._missed[name] = monotonic()
                if kind == "pipeline":
                    self.read_all()
                else:
                    self.read_one(container)
        try:
            return find()
        except NameProblem as problem:
            raise problem.rejection from problem

    def _encoder(self, container: str, name: str, value: Any) -> tuple[str, Callable[[Any], Any]] | None:
        if value is None and self.field_or_none(container, name) is None:
            return None
        with self.lock:
            stream = self.required.get(container if container in TEAM_SETTINGS else "boxes")
            required = stream.field(name) if stream else None
            find = partial(self._field, container, name)
            field = self._found(("field", container, name), find, required or requirement_for(name, value))
            if field.type == "FORMULA":
                self.once.warning(f"field {name!r} is a formula, which Streak computes itself: it is left out")
                return None
            if required and not required.fits(field.type):
                raise RecordRejected(mismatch(field, self.existing(container), required), code="bad_value")
            write = encode_for_party if container in TEAM_SETTINGS else encode
            option_key = partial(self._option_key, container, name, field.type)
            encoded = partial(write, field, option_key=option_key)
            if field.type == "DATE" and self.date_hour:
                encoded = partial(_at_hour, encoded, self.date_hour)
            encoder = self.encoders[container, name] = field.key, encoded
            return encoder

    def _option_key(self, container: str, name: str, field_type: str, label: str) -> str:
        """The key of a field's option, made where that is allowed."""
        option = (f"option of {name}", container, label)
        return self._keys.get(option) or self._key(
            option,
            lambda: self.find_option(self.existing(container), self._field(container, name), label),
            FieldRequirement(name, "text", field_type, (label,)),
        )

    def _field(self, container: str, name: str) -> Field:
        return self.find_field(self.existing(container), name)


def _at_hour(encoded: Callable[[Any], Any], hour: str, value: Any) -> Any:
    """Encode a date; one without a time stands at the hour that Streak's own dates have."""
    return encoded(f"{value}T{hour}:00Z" if isinstance(value, str) and DAY.fullmatch(value) else value)


def option_scope(container: str, field: Field) -> str:
    """The scope of a field's labels: field 1001 exists in every pipeline."""
    return f"{container}/{field.key}"


def found_or_none(find: Callable[[], T]) -> T | None:
    """What is found by name; None instead of a NameProblem."""
    try:
        return find()
    except NameProblem:
        return None


def problems_of(find: Callable[[str], object], names: Iterable[str]) -> list[NameProblem]:
    """The problems with those of the names that lead to nothing."""
    problems = []
    for name in names:
        try:
            find(name)
        except NameProblem as problem:
            problems.append(problem)
    return problems


def mismatch(field: Field, container: Pipeline, requirement: FieldRequirement) -> str:
    """What a field is and what the records fill it with."""
    filled = f"the records fill it with {requirement.kind} (fit for {' or '.join(HOLDS[requirement.kind])})"
    return f"field {field.name!r}{container.where} is a {field.type} field, {filled}"
