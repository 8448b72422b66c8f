"""The target's command line: what it does besides reading Singer lines."""

from __future__ import annotations

from abc import abstractmethod
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, cast

import click
from singer_sdk import Target

from singer_rest.cli.conflicts import conflict_lines
from singer_rest.cli.dead_letters import dead_letters
from singer_rest.plugin.files import check_files
from singer_rest.plugin.shell import Shell

if TYPE_CHECKING:
    from singer_rest.cli.dead_letters import HasLedger


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

    def command(self, file_input: IO[str] | None, **options: Any) -> None:
        """Do what the command line says; without an option: read and write."""
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
    def get_singer_command(cls) -> click.Command:
        """Give the SDK's command with ours."""
        command = super().get_singer_command()
        command.params.extend(
            [
                click.Option(
                    ["--dead-letters", "dead_letters"],
                    type=click.Choice(["list", "show", "retry", "discard", "export"]),
                    help="Look at the records that were set aside, or do something about them.",
                ),
                click.Option(["--stream"], help="With --dead-letters: only letters of this stream."),
                click.Option(["--code"], help="With --dead-letters: only letters with this code."),
                click.Option(["--all"], is_flag=True, help="With --dead-letters retry or discard: all open letters."),
                click.Option(
                    ["--conflicts"], is_flag=True, help="Say what both sides had changed, and what became of it."
                ),
                click.Argument(["ids"], nargs=-1, type=int),
            ],
        )
        return command
