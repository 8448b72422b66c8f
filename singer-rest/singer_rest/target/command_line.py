"""The target from the shell: its options, and a user's mistake in one line."""

from __future__ import annotations

import logging
import os
import sys
from abc import abstractmethod
from decimal import Decimal
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, cast

import click
import msgspec
from singer_sdk import Target
from singer_sdk.exceptions import ConfigValidationError

from singer_rest.cli.conflicts import conflict_lines
from singer_rest.cli.dead_letters import dead_letters
from singer_rest.errors import FatalRunError
from singer_rest.plugin.files import check_files
from singer_rest.plugin.reader import read_off

if TYPE_CHECKING:
    from singer_rest.cli.dead_letters import HasLedger

YES = {"true", "1", "yes", "on"}
NO = {"false", "0", "no", "off", ""}


class CommandLine(Target):
    """What a target's command does besides reading Singer lines."""

    def __init__(self, **arguments: Any) -> None:
        self.logger.addFilter(_worth_saying)
        logging.getLogger("singer_sdk.configuration").setLevel(logging.WARNING)  # a line for every setting
        self._from_environment = bool(arguments.get("parse_env_config"))
        super().__init__(**arguments)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Take numbers, yes and no as text (so they come from the environment) and Decimal (so the SDK reads files)."""
        for name, definition in self.config_jsonschema["properties"].items():
            value = self._config.get(name)
            if "number" in definition["type"] and isinstance(value, str | Decimal):
                self._config[name] = _number(str(value))
            if "boolean" in definition["type"] and isinstance(written := self._written(name, value), str):
                self._config[name] = _yes_or_no(name, written)
        return super()._validate_config(raise_errors=raise_errors)

    def _written(self, name: str, value: Any) -> Any:
        """Give the word of the environment, where that counts: the SDK takes an unknown one for no."""
        return os.environ.get(f"{self._env_var_prefix}{name.upper()}", value) if self._from_environment else value

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
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the configuration files; one that can't be read ends in one line."""
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError) as unreadable:
            cls.logger.error("--config can't be read: %s", unreadable)  # noqa: TRY400  # it is the user's to mend
            ctx.exit(1)

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
        """Run the command; a user's mistake ends in one line and exit code 1."""
        if about:
            cls.print_about(about_format)
            return
        try:
            target = cls(config=config.config, parse_env_config=config.parse_env)
            target.command(file_input, **options)
        except (ConfigValidationError, FatalRunError) as wrong:
            problems = (
                [*map(cls.without_secrets, wrong.errors)] if isinstance(wrong, ConfigValidationError) else [wrong]
            )
            cls.logger.error("%s", "; ".join(map(str, problems)))  # noqa: TRY400  # it is the user's to mend
            if file_input is None and not options.get("dead_letters"):
                read_off()
            sys.exit(1)

    @classmethod
    def without_secrets(cls, problem: str) -> str:
        """Say what is wrong with a setting; of a secret one not what it is."""
        settings = cls.config_jsonschema["properties"]
        secret = next(
            (name for name, one in settings.items() if one.get("secret") and f"config['{name}'" in problem), ""
        )
        return f"{secret} has a wrong type" if secret else problem

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


def _worth_saying(line: logging.LogRecord) -> bool:
    """Whether it is more than the SDK's talk about itself; it calls its input processed before anything is written."""
    return not str(line.msg).startswith(("Skipping parse of env var", "Parsing env var", "Reader '%s' completed"))


def _number(text: str) -> Any:
    try:
        value = msgspec.json.decode(text.strip())
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, int | float) else text


def _yes_or_no(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in YES | NO:
        raise FatalRunError(f"{name} is neither true nor false: {text!r}")
    return word in YES
