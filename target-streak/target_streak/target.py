"""The target: its settings and commands."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import IO, Any, ClassVar

import click
from singer_rest import FatalRunError, Ledger, Probe, RestClient, RestSink, RestTarget, Subcommand, declared_settings
from streak_api.teams import Account, account_at, key_user, sign_in

from target_streak import sinks
from target_streak.connection import Connection, streak_client
from target_streak.cut_over import Rule
from target_streak.evidence import ADOPTED, CANDIDATES, OURS, SEEN
from target_streak.rebuild import rebuild
from target_streak.setup import check, read_requirements, setup, try_out

PROBE_SECONDS = 15.0


class TargetStreak(RestTarget):
    """Singer target for Streak: boxes, contacts, organizations, tasks, comments and meetings."""

    name = "target-streak"
    sink_classes = (sinks.Boxes, sinks.Contacts, sinks.Organizations, sinks.Tasks, sinks.Comments, sinks.Meetings)
    config_jsonschema: ClassVar[dict[str, Any]] = declared_settings("target_streak", "singer_rest.target")
    end_settings = (
        "TARGET_STREAK_API_URL and TAP_STREAK_API_URL (with their TEAM) must name the same team, and the `api_url` of"
        " the tap that is read (TAP_CLARITY_API_URL) what the other target writes to (TARGET_CLARITY_API_URL)"
    )

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._probe = Probe(
            lambda: key_user(self._streak, retry_seconds=min(PROBE_SECONDS, self.config["retry_seconds"]))
        )

    @cached_property
    def account(self) -> Account:
        """Whose key it is, and the team."""
        return sign_in(self._streak, self.config.get("team"))

    @cached_property
    def team(self) -> Connection:
        """The signed-in team: its names, people and lists."""
        return Connection(
            self.client,
            self.ledger,
            self.account,
            self.config,
            self.logger,
            dry_run=self.dry_run,
            settle_seconds=self.context.settle_seconds,
        )

    def make_sink(self, sink_class: type[Any], schema: dict[str, Any], keys: Sequence[str] = ()) -> RestSink:
        """Make a sink of the team."""
        sink: RestSink = sink_class(self.context, schema, keys, team=self.team)
        return sink

    def awaited(self) -> str | None:
        """Await the boxes as long as this ledger does not know whose those are that the team has."""
        return None if self._is_settled else "boxes"

    @cached_property
    def _is_settled(self) -> bool:
        read, candidates = (self.ledger.bindings.of_kind(kind) for kind in (ADOPTED, CANDIDATES))
        open_questions = {(each.scope, each.name) for each in candidates}
        settled = all(each.vendor_key in {SEEN, OURS} or (each.scope, each.name) not in open_questions for each in read)
        return bool(read) and settled and self.ledger.scope.is_sure

    def remarks(self) -> Iterable[str]:
        """Say what became of another tool's boxes; in a dry run each of them stands in the plan."""
        cut_over = self.team.cut_over if "team" in self.__dict__ else None
        if cut_over is None:
            return
        for row in cut_over.rows() if self.dry_run else ():
            self.plan.note(row)
        yield from cut_over.report()

    def connect(self) -> RestClient:
        """Sign in to Streak, with settings that make sense."""
        Rule.of(self.config)
        _ = self.account
        return self._streak

    def destination(self) -> str:
        """Name the API and the team."""
        return self.destination_of(self.account)

    def destination_of(self, account: Account) -> str:
        """Name the API and a team."""
        return account_at(self.config, account.team)

    def probe(self) -> None:
        """Ask who the key is, once for all lanes that ask at a time. FatalRunError when Streak refuses or is silent."""
        self._probe()

    def check(self, file_input: IO[str] | None) -> int:
        """Check key, team, pipelines and rights, with SCHEMA lines on stdin names, too."""
        return check(self.config, file_input or sys.stdin, self._ledger_of, click.echo)

    def command(self, file_input: IO[str] | None, **options: Any) -> None:
        """Set up the account, look at it, rebuild the ledger, or do what every target does."""
        if options.get("setup") and options.get("canary"):
            if options.get("only_say") or self.dry_run:
                raise FatalRunError("a canary writes to a scratch pipeline: it can't be tried with --dry-run")
            sys.exit(try_out(self.config, self._ledger_of, click.echo))
        if options.get("check") and options.get("probe"):
            sys.exit(check(self.config, file_input or sys.stdin, self._ledger_of, click.echo, look=True))
        if options.get("setup"):
            dry_run = bool(options.get("only_say")) or self.dry_run
            sys.exit(setup(self.config, file_input or sys.stdin, self._ledger_of, click.echo, dry_run=dry_run))
        if options.get("rebuild_links"):
            self._rebuild_links(file_input, options)
            return
        super().command(file_input, **options)

    def _rebuild_links(self, file_input: IO[str] | None, options: Mapping[str, Any]) -> None:
        if options.get("only_say"):
            self._config["dry_run"] = True
        id_field = options.get("id_field")
        required = [] if id_field else read_requirements(file_input or sys.stdin)
        team = self.team
        run_id = self.ledger.runs.start("rebuild-links")
        try:
            self.ledger.runs.end(run_id, rebuild(team, required, id_field, click.echo))
        finally:
            self.client.close()
            self.close()
        if self.dry_run:
            click.echo("A dry run: the ledger is as it was.")

    @classmethod
    def subcommands(cls) -> list[click.Parameter]:
        """Give those of every target, `setup` and `rebuild-links`."""
        return [
            Subcommand(["--setup"], is_flag=True, help="Make what the SCHEMAs on stdin name and Streak lacks."),
            Subcommand(["--rebuild-links"], is_flag=True, help="Let a ledger that was lost know what Streak has."),
            click.Option(
                ["--probe"], is_flag=True, help="With check: look at what Streak does, in 25 calls; only read."
            ),
            click.Option(
                ["--canary"],
                is_flag=True,
                help="With setup: try all writes on a scratch pipeline, and remove it with everything that was made.",
            ),
            click.Option(["--id-field"], help="With rebuild-links: the boxes' field that carries the order id."),
            click.Option(
                ["--dry-run", "only_say"],
                is_flag=True,
                help="With setup or rebuild-links: only say what would be done.",
            ),
            *super().subcommands(),
        ]

    @cached_property
    def _streak(self) -> RestClient:
        return streak_client(self.config)

    def _ledger_of(self, account: Account) -> Ledger:
        return self.open_ledger(self.destination_of(account), read_only=False)
