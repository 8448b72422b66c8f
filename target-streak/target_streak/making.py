"""Makes what is named and missing, each thing once, however many lanes and processes want it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING

from singer_rest.errors import ApiError, RecordRejected
from singer_rest.sync.intents import wait_for_in_flight

from target_streak.definitions import Definitions
from target_streak.directory import found_or_none, option_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_rest.http.client import RestClient
    from singer_rest.ledger import Ledger

    from target_streak.account import Account
    from target_streak.directory import Directory
    from target_streak.needs import FieldNeed
    from target_streak.pipelines import Field, Pipeline


class Making:
    """Makes definitions under a lease, after reading again: another process may have been quicker."""

    def __init__(
        self, client: RestClient, ledger: Ledger, account: Account, directory: Directory, settle_seconds: float
    ) -> None:
        self._definitions = Definitions(client)
        self._ledger = ledger
        self._account = account
        self._directory = directory
        self._settle_seconds = settle_seconds
        self._lock = RLock()

    def pipeline(self, name: str, stages: Sequence[str]) -> None:
        """Make a pipeline with its stages."""
        with self._alone(f"pipelines/{self._account.team_key}"):
            if self._look_for_pipeline(name) is None:
                made = self._definitions.make_pipeline(
                    self._account.team_key,
                    name,
                    stages,
                    lambda: self._look_for_pipeline(name),
                )
                self._directory.put(made)
                self._directory.bindings.bind("pipeline", self._account.team_key, name, made.key)

    def stages(self, pipeline_key: str, names: Sequence[str]) -> None:
        """Append the stages that the pipeline lacks."""
        if not names:
            return
        with self._alone(pipeline_key):
            self._directory.read_one(pipeline_key)
            for name in names:
                if self._stage(pipeline_key, name) is None:
                    look = partial(self._look_for_stage, pipeline_key, name)
                    self._definitions.make_stage(pipeline_key, name, look)
            self._directory.read_one(pipeline_key)

    def fields(self, pipeline_key: str, needs: Sequence[FieldNeed]) -> None:
        """Make the fields that the pipeline lacks, with the options that are known beforehand."""
        if not needs:
            return
        with self._alone(pipeline_key):
            self._directory.read_one(pipeline_key)
            for need in needs:
                field = self._directory.field_or_none(pipeline_key, need.name) or self._make_field(pipeline_key, need)
                if field.type in {"DROPDOWN", "TAG"}:
                    self._make_options(pipeline_key, field, need.options)

    def options(self, pipeline_key: str, field: Field, labels: Sequence[str]) -> None:
        """Append the options that the field lacks."""
        with self._alone(pipeline_key):
            self._directory.read_one(pipeline_key)
            self._make_options(pipeline_key, self._directory.now(pipeline_key, field), labels)

    @contextmanager
    def _alone(self, scope: str) -> Iterator[None]:
        """Hold the lease; wait for what a run that died may have asked for, and say that we ask."""
        with self._lock, self._ledger.lease("definitions", scope):
            if (intent := self._ledger.intents.get("definitions", scope)) is not None:
                wait_for_in_flight(intent, self._settle_seconds)
            self._ledger.intents.open("definitions", scope, {})
            try:
                yield
            except (ApiError, RecordRejected) as refused:
                if not isinstance(refused, ApiError) or refused.final:
                    self._ledger.intents.close("definitions", scope)
                raise
            self._ledger.intents.close("definitions", scope)

    def _look_for_pipeline(self, name: str) -> Pipeline | None:
        self._directory.read_all()
        return found_or_none(lambda: self._directory.pipeline(name))

    def _look_for_stage(self, pipeline_key: str, name: str) -> str | None:
        self._directory.read_one(pipeline_key)
        return self._stage(pipeline_key, name)

    def _stage(self, pipeline_key: str, name: str) -> str | None:
        return found_or_none(lambda: self._directory.stage(self._directory.there(pipeline_key), name))

    def _make_field(self, pipeline_key: str, need: FieldNeed) -> Field:
        def look() -> Field | None:
            self._directory.read_one(pipeline_key)
            return self._directory.field_or_none(pipeline_key, need.name)

        field = self._definitions.make_field(pipeline_key, need.name, need.type, look)
        self._directory.put_field(pipeline_key, field)
        self._directory.bindings.bind("field", pipeline_key, need.name, field.key)
        return field

    def _make_options(self, pipeline_key: str, field: Field, labels: Sequence[str]) -> None:
        def look() -> Field | None:
            self._directory.read_one(pipeline_key)
            known = self._directory.now(pipeline_key, field)
            return None if self._missing(pipeline_key, known, labels) else known

        wanted = self._missing(pipeline_key, field, labels)
        if not wanted:
            return
        made = self._definitions.add_options(pipeline_key, field, wanted, look)
        self._directory.put_field(pipeline_key, made)
        for option in made.options:
            if option.name in wanted:
                self._directory.bindings.bind("option", option_scope(pipeline_key, made), option.name, option.key)

    def _missing(self, pipeline_key: str, field: Field, labels: Sequence[str]) -> list[str]:
        place = self._directory.place(pipeline_key)
        return [problem.name for problem in self._directory.missing_options(place, field, labels)] if place else []
