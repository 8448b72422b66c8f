"""The target's command line: what it does besides reading Singer lines."""

from __future__ import annotations

import sys
from abc import abstractmethod
from io import StringIO
from typing import IO, Any, cast

import click
from singer_sdk import Target

from singer_rest.cli.commands import PluginCommand, Subcommand
from singer_rest.cli.conflicts import conflict_lines
from singer_rest.cli.dead_letters import HasLedger, dead_letters
from singer_rest.ledger import Ledger
from singer_rest.plugin.files import check_files
from singer_rest.plugin.shell import Shell


class CommandLine(Shell, Target):
    """A target with the options that look at dead letters and conflicts."""

    def run(self, file_input: IO[str] | None) -> None:
        """Read to the end; whatever ends the run early, the lanes end too."""
        check_files(self.config)
        try:
            self.listen(file_input)
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def close(self) -> None:
        """End what was begun."""

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add nothing: batches, metadata columns and stream maps mean nothing to an API."""

    @classmethod
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        file_input: IO[str] | None = None,
        **options: Any,
    ) -> None:
        """Run the command."""
        if about:
            cls.print_about(about_format)
            return
        with cls.single_line_errors(drain=file_input is None and not options.get("dead_letters")):
            cls(config=config.config, parse_env_config=config.parse_env).command(file_input, **options)

    def check(self, file_input: IO[str] | None) -> int:
        """Say what a run would use and what stands in its way; 0 when it can go."""
        raise NotImplementedError

    def command(self, file_input: IO[str] | None, **options: Any) -> None:
        """Do what the command line says; without a subcommand: read and write."""
        if options.get("check"):
            sys.exit(self.check(file_input))
        if renamed := options.get("renamed"):
            count = Ledger.rename(self.config["ledger_url"], *renamed)
            click.echo(f"{renamed[0]} is {renamed[1]} from now on, in {count} directions of the ledger.")
            return
        if action := options.get("dead_letters"):
            dead_letters(cast("HasLedger", self), action, options)
            if action != "retry":
                return
            file_input = StringIO()
        if options.get("conflicts"):
            for line in conflict_lines(cast("HasLedger", self).ledger.conflicts.all()):
                click.echo(line)
            return
        self.run(file_input)

    @classmethod
    def subcommands(cls) -> list[click.Parameter]:
        """Give the subcommands with their options and arguments."""
        return [
            Subcommand(
                ["--dead-letters", "dead_letters"],
                type=click.Choice(["list", "show", "retry", "discard", "export"]),
                help="Look at the records that were set aside, or do something about them: list, show ID…, retry, "
                "discard, export.",
            ),
            click.Option(["--stream"], help="With dead-letters: only those of this stream."),
            click.Option(["--code"], help="With dead-letters: only those with this code."),
            click.Option(["--all"], is_flag=True, help="With dead-letters retry or discard: all that are open."),
            Subcommand(["--conflicts"], is_flag=True, help="Say what both sides had changed, and what became of it."),
            Subcommand(["--check"], is_flag=True, help="Say what a run would use and what stands in its way."),
            Subcommand(
                ["--renamed"],
                nargs=2,
                help="Let the ledger know a shop or team by its new address: renamed OLD NEW.",
            ),
            click.Argument(["ids"], nargs=-1, type=int),
        ]

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Give the SDK's command with ours."""
        plain = super().get_singer_command()
        return PluginCommand(
            name=plain.name,
            callback=plain.callback,
            context_settings=plain.context_settings,
            params=[*plain.params, *cls.subcommands()],
            help=plain.help,
            logger=cls.logger,
        )
