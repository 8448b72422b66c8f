"""Everything about names, keys and values of one Streak team."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from singer_rest.plugin.log_throttle import LogOnce

from target_streak.account import Account, sign_in
from target_streak.adoption import Place, places_of
from target_streak.connection import stopping
from target_streak.directory import Directory
from target_streak.fields import CustomFields
from target_streak.lookup import REREAD_SECONDS, Lookup
from target_streak.making import Making
from target_streak.members import Members
from target_streak.names import Bindings
from target_streak.needs import FieldNeed, Needs, needs_of
from target_streak.review import Review, refuse, review, to_make, will_be_made

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from logging import Logger

    from singer_rest.http.client import RestClient
    from singer_rest.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Connection:
    """What is known once the team is."""

    account: Account
    directory: Directory
    members: Members
    making: Making
    fields: CustomFields


class Workspace:
    """Resolves names to keys, encodes values and knows who can be assigned. Safe to use from all lanes.

    `team` is a key, a name, an Account that signed in already, or None where the key has one team. In a dry run
    what would be made resolves to a placeholder, and nothing is bound.
    """

    def __init__(  # noqa: PLR0913  settings, by name
        self,
        client: RestClient,
        ledger: Ledger,
        *,
        team: str | Account | None,
        create_missing_fields: bool,
        default_assignee: str | None,
        logger: Logger,
        dry_run: bool = False,
        settle_seconds: float = 30,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._team = team
        self._create = create_missing_fields
        self._default_assignee = default_assignee
        self._dry_run = dry_run
        self._settle_seconds = settle_seconds
        self._once = LogOnce(logger)
        self._lookup = Lookup()
        self._connection: Connection | None = None
        self._needs: dict[str, Needs] = {}
        self._read_at = monotonic()

    def connect(self) -> Connection:
        """Sign in and read the pipelines (3 calls, 1 with an Account); FatalRunError when that is not possible."""
        if self._connection is None:
            with self._lookup.lock:
                self._connection = self._connection or self._connected()
        return self._connection

    @property
    def team_key(self) -> str:
        """Key of the team."""
        return self.connect().account.team_key

    @property
    def me(self) -> dict[str, Any]:
        """The user of the API key."""
        return self.connect().account.me

    def prepare(self, stream: str, schema: Mapping[str, Any]) -> None:
        """Resolve every name that records of this schema can need, and make missing fields where allowed.

        Raises:
            FatalRunError: names that were never bound lead to nothing; one line lists all of them.
        """
        needs = needs_of(stream, schema)
        with self._lookup.lock:
            if self._needs.get(stream) == needs:
                return
            found = self._reviewed(needs)
            refuse(found, self._once, may_make=self._create)
            self._needs[stream] = needs
            if stream == "boxes":
                self.connect().fields.needs = {need.name: need for need in needs.fields}
            if self._dry_run:
                self._say_what_would_be_made(found)
            else:
                self._make(to_make(found))

    def pipeline(self, name: str) -> str:
        """Give the key of a pipeline; RecordRejected when there is none."""
        directory = self.connect().directory
        return self._lookup.find(("pipeline", "", name), lambda: directory.pipeline(name).key, directory.read_all)

    def is_ours(self, pipeline_key: Any) -> bool:
        """Whether keys of a record mean what they mean here: its pipeline is one of the team, or it names none."""
        return pipeline_key is None or self.connect().directory.place(str(pipeline_key)) is not None

    def stage(self, pipeline_key: str, name: str) -> str:
        """Give the key of a pipeline's stage; RecordRejected when there is none."""
        directory = self.connect().directory
        return self._lookup.find(
            ("stage", pipeline_key, name),
            lambda: directory.stage(directory.there(pipeline_key), name),
            partial(directory.read_one, pipeline_key),
        )

    def stage_name(self, pipeline_key: str, key: str) -> str:
        """Give what a stage is called now; its key where it is gone."""
        pipeline = self.connect().directory.place(pipeline_key)
        return next((stage.name for stage in (pipeline.stages if pipeline else ()) if stage.key == key), key)

    def encode_fields(self, pipeline_key: str, field_values: Mapping[str, Any]) -> dict[str, Any]:
        """Encode custom fields by name into Streak's `{field key: value}`.

        `contacts` and `organizations` stand for the team's own fields instead of a pipeline's.

        Raises:
            RecordRejected: a field is unknown, or can't hold its value.
        """
        return self.connect().fields.encode(pipeline_key, field_values)

    def assignees(self, emails: Iterable[str]) -> list[dict[str, Any]]:
        """Give `[{"email"}]` of those who are members; a rep who is none is said once."""
        return self.connect().members.assignees(emails)

    def order_id_field(self, pipeline_key: str) -> str | None:
        """Give the key of the field that carries the order id; None where there is none."""
        return self.connect().fields.identity(pipeline_key)

    def places_of_orders(self) -> list[Place]:
        """Give every pipeline with the field of the order id: boxes that people moved are found there too."""
        connection, needs = self.connect(), self._needs.get("boxes")
        name = next((need.name for need in needs.fields if need.identity), None) if needs else None
        if needs is None or name is None:
            return []
        return places_of(connection.directory, name, needs.pipelines, connection.account.user_key)

    def look_again(self, pipeline_key: str) -> None:
        """Read a pipeline again after Streak refused a write: what is gone meanwhile is rejected by name from now on.

        One call, at most once a minute for a pipeline.
        """
        with self._lookup.lock:
            if self._lookup.may_read_again(("pipeline", pipeline_key, "")):
                self.connect().directory.read_one(pipeline_key)
                self._lookup.forget(pipeline_key)

    def _connected(self) -> Connection:
        account = self._team if isinstance(self._team, Account) else sign_in(self._client, self._team)
        directory = Directory(self._client, account, Bindings(self._ledger, self._once, remember=not self._dry_run))
        members = Members(account, self._default_assignee, self._once)
        with stopping("the list of pipelines"):
            directory.read_all()
        making = Making(self._client, self._ledger, account, directory, self._settle_seconds)
        fields = CustomFields(directory, making, self._lookup, self._once, create=self._create, dry_run=self._dry_run)
        return Connection(account, directory, members, making, fields)

    def _reviewed(self, needs: Needs) -> Review:
        """Compare with what was read; before anything is called missing that must not be older than a minute."""
        directory = self.connect().directory
        found = review(directory, needs)
        if found.lacks and monotonic() - self._read_at > REREAD_SECONDS:
            self._read_at = monotonic()
            with stopping("the list of pipelines"):
                directory.read_all()
            found = review(directory, needs)
        return found

    def _say_what_would_be_made(self, found: Review) -> None:
        for lack in found.lacks:
            if will_be_made(lack):
                self._once.info(f"a run would make {lack}")

    def _make(self, wanted: Mapping[str, Sequence[FieldNeed]]) -> None:
        for pipeline_key, needs in wanted.items():
            with stopping("to make the missing fields"):
                self.connect().making.fields(pipeline_key, needs)
            directory = self.connect().directory
            for need in needs:
                directory.is_filled(directory.there(pipeline_key), need)
