"""Makes pipelines, stages, fields and options that are named and missing, each once, however many runs want them.

Nothing here removes or renames. Each of Streak's calls is v2 first, v1 where v2 does not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import RLock
from time import monotonic
from typing import Any

from singer_rest import IGNORED, ApiError, ApiFindings, RecordRejected, wait_for_in_flight
from streak_api.errors import stopping
from streak_api.fields import OPTION_TYPES
from streak_api.pipelines import Field, Named, Pipeline, field_of, pipeline_of

from target_streak.catalog import REREAD_SECONDS, Catalog, found_or_none, option_scope
from target_streak.missing import Missing, compare, refuse, to_make
from target_streak.requirements import FieldRequirement, Requirements, requirements_of

DEFINITIONS, ADD_ONLY = "definitions", "addOnly"
OPTION_LISTS = {"DROPDOWN": ("dropdownSettings", "items", "name"), "TAG": ("tagSettings", "tags", "tag")}
"""By type of field: where its options stand, and what their label is called."""


class Provisioner:
    """Makes what a catalog lacks, under a lease and after reading again: another process may have been quicker.

    In a dry run it logs what it would make, and the catalog takes in placeholders.
    """

    def __init__(self, catalog: Catalog, *, create_missing_fields: bool, settle_seconds: float = 30) -> None:
        self._client, self._ledger, self._catalog = catalog.client, catalog.ledger, catalog
        self._findings = ApiFindings(catalog.ledger.bindings, DEFINITIONS)
        self._create, self._dry_run = create_missing_fields, catalog.dry_run
        self._settle_seconds = settle_seconds
        self._lock = RLock()
        self._scope = ""
        if create_missing_fields:
            catalog.make = self.make

    def prepare(self, stream: str, schema: Mapping[str, Any]) -> None:
        """Resolve every name that records of this schema can need, and make missing fields where allowed.

        FatalRunError as of `resolve` and `make_missing`.
        """
        self.make_missing(self.resolve(stream, schema))

    def resolve(self, stream: str, schema: Mapping[str, Any]) -> list[Missing]:
        """Resolve every name that records of this schema can need; gives the missing fields that a run may make.

        Before anything is called missing, what was read must not be older than a minute.

        Raises:
            FatalRunError: names that were never bound lead to nothing; one line lists all of them.
        """
        requirements = requirements_of(stream, schema)
        with self._catalog.lock:
            if self._catalog.required.get(stream) == requirements:
                return []
            comparison = compare(self._catalog, requirements)
            if comparison.missing and monotonic() - self._catalog.read_at > REREAD_SECONDS:
                with stopping("the list of pipelines"):
                    self._catalog.read_all()
                comparison = compare(self._catalog, requirements)
            refuse(comparison, self._catalog.once, may_make=self._create)
            self._catalog.require(requirements)
            return [missing for missing in comparison.missing if missing.made_by_run]

    def make_missing(self, by_run: Sequence[Missing]) -> None:
        """Make missing fields where allowed; in a dry run only say so. FatalRunError when Streak refuses."""
        with self._catalog.lock:
            if self._dry_run:
                for missing in by_run:
                    self._catalog.once.info(f"a run would make {missing}")
                return
            for container, fields in to_make(by_run).items():
                with stopping("to make the missing fields"):
                    self.make_fields(container, fields)
                for field in fields:
                    self._catalog.note_filled(self._catalog.existing(container), field, field.type)

    def make_all(self, requirements: Requirements) -> None:
        """Make everything that is missing, pipelines too. FatalRunError when Streak refuses."""
        for missing in compare(self._catalog, requirements).missing:
            if missing.kind == "pipeline":
                with stopping(f"to make pipeline {missing.problem.name!r}"):
                    self.make_pipeline(missing.problem.name, requirements.stages)
        lacking = [missing for missing in compare(self._catalog, requirements).missing if missing.makeable]
        fields = to_make(lacking)
        for container in dict.fromkeys(missing.container for missing in lacking):
            stages = [each.problem.name for each in lacking if each.kind == "stage" and each.container is container]
            with stopping(f"to make what pipeline {container.name!r} lacks"):
                self.make_stages(container.key, stages)
                self.make_fields(container.key, fields.get(container.key, []))

    def make(self, container: str, requirement: FieldRequirement) -> None:
        """Make a field or options that a record needs; in a dry run placeholders."""
        if not self._dry_run:
            self.make_fields(container, [requirement])
            return
        field = self._catalog.field_or_none(container, requirement.name)
        field = field or Field(f"new:{requirement.name}", requirement.name, requirement.type)
        options = tuple(Named(f"new:{label}", label) for label in requirement.options)
        self._catalog.put_field(container, replace(field, options=(*field.options, *options)))

    def make_pipeline(self, name: str, stages: Sequence[str]) -> None:
        """Make a pipeline with its stages in their order."""
        team_key = self._catalog.account.team_key

        def by_now() -> Pipeline | None:
            self._catalog.read_all()
            return found_or_none(lambda: self._catalog.find_pipeline(name))

        with self._alone(f"pipelines/{team_key}"):
            if by_now() is None:
                body = {"name": name, "teamKey": team_key, "stages": list(stages)}
                form = {"name": name, "teamKey": team_key}
                if not any("," in stage for stage in stages):  # v1 joins them by commas; others are appended after
                    form["stageNames"] = ",".join(stages)
                made = self._made("/pipelines", body, form, by_now)
                pipeline = made if isinstance(made, Pipeline) else pipeline_of(made)
                self._catalog.put(pipeline)
                self._catalog.bind("pipeline", team_key, name, pipeline.key)

    def make_stages(self, pipeline_key: str, names: Sequence[str]) -> None:
        """Append the stages that the pipeline lacks."""
        if not names:
            return

        def stage(name: str) -> str | None:
            return found_or_none(lambda: self._catalog.find_stage(self._catalog.existing(pipeline_key), name))

        def by_now(name: str) -> str | None:
            self._catalog.read_one(pipeline_key)
            return stage(name)

        path = f"/pipelines/{pipeline_key}/stages"
        with self._alone(pipeline_key):
            self._catalog.read_one(pipeline_key)
            for name in names:
                if stage(name) is None:
                    self._made(path, {"name": name}, {"name": name}, partial(by_now, name))
            self._catalog.read_one(pipeline_key)

    def make_fields(self, container: str, requirements: Sequence[FieldRequirement]) -> None:
        """Make the fields and the options that the pipeline lacks."""
        if not requirements:
            return
        with self._alone(container):
            self._catalog.read_one(container)
            for requirement in requirements:
                field = self._catalog.field_or_none(container, requirement.name)
                field = field or self._make_field(container, requirement)
                if field.type in OPTION_TYPES:
                    self._add_options(container, field, requirement)

    @contextmanager
    def _alone(self, scope: str) -> Iterator[None]:
        """Hold the lease; wait for what a run that died may have asked for."""
        intents = self._ledger.intents
        with self._lock, self._ledger.lease("definitions", scope):
            if (intent := intents.get("definitions", scope)) is not None:
                wait_for_in_flight(self._ledger, intent, self._settle_seconds)
            self._scope = scope
            try:
                yield
            except (ApiError, RecordRejected) as refused:
                if not isinstance(refused, ApiError) or refused.final:
                    intents.close("definitions", scope)
                raise
            intents.close("definitions", scope)

    def _note_request(self) -> None:
        """Commit that a request is about to be sent: its time counts, not that of the first of many."""
        self._ledger.intents.open("definitions", self._scope, {})

    def _made(self, path: str, body: Any, form: dict[str, str], look_up: Callable[[], Any]) -> Any:
        """What v2 made, or `look_up` found after a lost answer; what v1 made where v2 does not know the path."""
        self._note_request()
        try:
            return self._client.create(f"/v2{path}", json=body, look_up=look_up)
        except ApiError as refused:
            if refused.status not in {400, 404}:
                raise
            try:
                return self._client.request("PUT", f"/v1{path}", form=form, replay=False)
            except ApiError:
                raise refused from None

    def _make_field(self, container: str, requirement: FieldRequirement) -> Field:
        def by_now() -> Field | None:
            self._catalog.read_one(container)
            return self._catalog.field_or_none(container, requirement.name)

        definition = {"name": requirement.name, "type": requirement.type}
        made = self._made(f"/pipelines/{container}/fields", definition, definition, by_now)
        field = made if isinstance(made, Field) else field_of(made)
        self._catalog.put_field(container, field)
        self._catalog.bind("field", container, requirement.name, field.key)
        return field

    def _add_options(self, container: str, field: Field, requirement: FieldRequirement) -> None:
        """Append the options that are required; those that exist stay, as is made sure afterwards.

        Where Streak takes `addOnly` for nothing, what was sent is the whole list: people's options are put back with
        their keys, and from then on the whole list is sent.
        """
        wanted = self._missing_options(container, requirement)
        if not wanted:
            return
        had, whole = field.options, self._findings.get(ADD_ONLY) == IGNORED

        def by_now() -> Field | None:
            self._catalog.read_one(container)
            complete = not self._missing_options(container, requirement)
            return self._catalog.field_or_none(container, requirement.name) if complete else None

        new = [Named("", label) for label in wanted]
        extended = self._sent_options(container, field, [*had, *new] if whole else new, by_now, add_only=not whole)
        kept = {option.key for option in extended.options}
        if lost := [option for option in had if option.key not in kept]:
            extended = self._with_options_back(container, extended, had, lost)
        self._catalog.put_field(container, extended)
        for option in extended.options:
            if option.name in wanted:
                self._catalog.bind("option", option_scope(container, extended), option.name, option.key)

    def _sent_options(
        self,
        container: str,
        field: Field,
        options: Sequence[Named],
        look_up: Callable[[], Field | None],
        *,
        add_only: bool = False,
    ) -> Field:
        """Send options, of which those without a key are new; without `add_only` they are the whole list."""
        settings, listed, label = OPTION_LISTS[field.type]
        items = [{label: option.name} | ({"key": option.key} if option.key else {}) for option in options]
        path = f"/v1/pipelines/{container}/fields/{field.key}"
        self._note_request()
        params = {"addOnly": "true"} if add_only else None
        made = self._client.create(path, json={settings: {listed: items}}, params=params, look_up=look_up)
        return made if isinstance(made, Field) else field_of(made)

    def _with_options_back(self, container: str, field: Field, had: Sequence[Named], lost: Sequence[Named]) -> Field:
        """Put back options that a write took away: with their keys, else by their labels, as new ones."""
        self._findings.note(ADD_ONLY, IGNORED)
        new = [option for option in field.options if option not in had]

        def never() -> None:
            return None

        try:
            whole = self._sent_options(container, field, [*had, *new], never)
        except ApiError as refused:
            if not refused.final:
                raise
            whole = self._sent_options(
                container, field, [*field.options, *(Named("", each.name) for each in lost)], never
            )
        back = {option.key for option in whole.options}
        under = "with their keys" if all(option.key in back for option in lost) else "under new keys: set them again"
        self._catalog.once.warning(
            f"Streak took {len(lost)} options of field {field.name!r} away instead of adding to them (addOnly is "
            f"ignored); they are back, {under}. From now on the whole list is sent"
        )
        return whole

    def _missing_options(self, container: str, requirement: FieldRequirement) -> list[str]:
        known, field = self._catalog.containers.get(container), self._catalog.field_or_none(container, requirement.name)
        missing = self._catalog.missing_options(known, field, requirement.options) if known and field else []
        return [problem.name for problem in missing]
