"""A plugin's command line: settings from files and environment, few log lines, a user's mistake in one line."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from importlib.resources import files
from typing import Any, ClassVar

import click
import msgspec
from singer_sdk.exceptions import ConfigValidationError, FatalAPIError, RetriableAPIError
from singer_sdk.plugin_base import PluginBase

from singer_rest.errors import FatalRunError
from singer_rest.plugin.shutdown import READER_GONE, discard_output
from singer_rest.plugin.stdio import drain_input

YES = {"true", "1", "yes", "on"}
NO = {"false", "0", "no", "off", ""}
# the SDK's talk about itself; it calls its input processed before anything is written
CHATTER = ("Skipping parse of env var", "Parsing env var", "Reader '%s' completed")


class Shell(PluginBase):
    """What every plugin's command does. To be named before the SDK's class: `class MyTap(Shell, Tap)`.

    A mistake or an outage, which a person can do something about, ends in one line and exit code 1, without a
    traceback and without the value of a secret. `user_errors` are exceptions of that kind besides those of the SDK.
    """

    user_errors: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, **options: Any) -> None:
        self.logger.addFilter(_is_worth_saying)
        logging.getLogger("singer_sdk.configuration").setLevel(logging.WARNING)  # a line for every setting
        self._from_environment = bool(options.get("parse_env_config"))
        super().__init__(**options)
        if not {f"{self._env_var_prefix}LOGLEVEL", "LOGLEVEL"} & os.environ.keys():
            self.metrics_logger.setLevel(logging.WARNING)

    def check_settings(self) -> None:
        """Raise FatalRunError for settings that can't work together, naming them and never a secret's value."""

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Fill in defaults, and take numbers, yes and no as text, and numbers as Decimal.

        Text is how they come from the environment, Decimal how the SDK reads them in files.
        """
        for name, definition in self.config_jsonschema["properties"].items():
            if "default" in definition:
                self._config.setdefault(name, definition["default"])
            kinds, value = definition.get("type", ()), self._config.get(name)
            if "number" in kinds and isinstance(value, str | Decimal):
                self._config[name] = _number(str(value))
            if "boolean" in kinds:
                if self._from_environment:  # the SDK takes an unknown word there for no
                    value = os.environ.get(f"{self._env_var_prefix}{name.upper()}", value)
                if isinstance(value, str):
                    self._config[name] = _yes_or_no(name, value)
        if raise_errors:
            self.check_settings()
        return super()._validate_config(raise_errors=raise_errors)

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the configuration files."""
        try:
            return super().cb_config(ctx, param, value)
        except (OSError, ValueError) as error:
            cls.logger.error("--config can't be read: %s", unreadable(error))  # noqa: TRY400  # it is the user's to mend
            sys.exit(1)

    @classmethod
    def invoke(cls, **options: Any) -> None:
        """Run the command."""
        with cls.single_line_errors(drain="file_input" in options and options["file_input"] is None):
            super().invoke(**options)

    @classmethod
    @contextmanager
    def single_line_errors(cls, *, drain: bool = False) -> Iterator[None]:
        """End what a person can mend in one line and exit code 1; `drain` standard input before."""
        try:
            yield
        except BrokenPipeError:
            discard_output()
            lines = [READER_GONE.format(name=cls.name)]
        except Exception as error:
            lines = cls.explain(error)
            if not lines:
                raise
        else:
            return
        for line in lines:
            cls.logger.error("%s", line)
        if drain:
            drain_input()
        sys.exit(1)

    @classmethod
    def explain(cls, error: Exception) -> list[str]:
        """What to say of an error, a line for each thing to mend; empty for one that is a fault of the program."""
        if isinstance(error, ConfigValidationError):
            return ["; ".join(map(cls.setting_problem, error.errors))]
        if isinstance(error, (FatalAPIError, RetriableAPIError, FatalRunError, *cls.user_errors)):
            return [str(error)]
        if isinstance(error, FileNotFoundError | FileExistsError | PermissionError):
            return [f"A file can't be used: {unreadable(error)}"]
        if isinstance(error, ValueError) and str(error).startswith("invalid literal for int()"):
            return [f"An environment variable {cls._env_var_prefix}… that must be a whole number is something else"]
        return []

    @classmethod
    def setting_problem(cls, problem: str) -> str:
        """The SDK's finding about a setting; of one that is secret or can't be told without its value."""
        place = re.search(r"config\['(\w+)'", problem)
        if not place:
            return problem if problem.endswith("is a required property") else "a setting" + cls._see_about()
        name, definition = place[1], cls.config_jsonschema["properties"].get(place[1], {"secret": True})
        if definition.get("secret"):
            return name + cls._see_about()
        return f"{name} has a wrong type or value: {problem.rpartition(' in config[')[0]}"

    @classmethod
    def _see_about(cls) -> str:
        return f" has a wrong type or value: `{cls.name} --about --format=json` describes it"


def declared_settings(package: str, wing: str | None, *required: str) -> dict[str, Any]:
    """The JSON Schema of a plugin's settings (`config_jsonschema`).

    The plugin's own come first; one that is null stands for the shared setting of that name, and shared settings
    that are not named follow. `wing` is `singer_rest.tap`, `singer_rest.target`, or None for a mapper.
    """
    own, shared = _settings_of(package), _settings_of(wing) if wing else {}
    properties = {name: setting or shared[name] for name, setting in own.items()}
    properties |= {name: setting for name, setting in shared.items() if name not in properties}
    schema = {"type": "object", "properties": properties, "$schema": "https://json-schema.org/draft/2020-12/schema"}
    return schema | ({"required": list(required)} if required else {})


def _settings_of(package: str) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(files(package).joinpath("settings.json").read_text("utf-8"))
    return settings


def _is_worth_saying(line: logging.LogRecord) -> bool:
    return not str(line.msg).startswith(CHATTER)


def unreadable(error: Exception) -> str:
    """Why a file can't be read, without what it holds."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    line = getattr(error, "lineno", None)
    return f"it is not JSON (line {line})" if line else "it is not JSON"


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
