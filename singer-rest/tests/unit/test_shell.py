"""What a plugin's command does for the person who started it."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.plugin.shell import Shell
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError, FatalAPIError, RetriableAPIError

if TYPE_CHECKING:
    from pathlib import Path


class Mistake(Exception):  # noqa: N818
    """What this plugin's users do wrong."""


class Plugin(Shell):
    """A plugin that only has settings."""

    name = "small-plugin"
    user_errors = (Mistake,)
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_key", th.StringType, secret=True),
        th.Property("url", th.StringType, required=True),
        th.Property("pause", th.NumberType(minimum=0)),
        th.Property("dry_run", th.BooleanType),
        th.Property("retries", th.IntegerType, default=3),
    ).to_dict()

    def check_settings(self) -> None:
        if self.config["retries"] == 3 and self.config.get("pause") == 13:
            raise FatalRunError("pause is unlucky")


def plugin(**config: Any) -> Plugin:
    return Plugin(config={"url": "x", **config})


def ended(caplog: pytest.LogCaptureFixture, error: Exception) -> list[str]:
    with pytest.raises(SystemExit) as ending, Plugin.single_line_errors():
        raise error
    assert ending.value.code == 1
    assert all(line.exc_info is None for line in caplog.records)
    return caplog.messages


@pytest.mark.parametrize(
    "error", [Mistake("do this"), FatalRunError("do this"), FatalAPIError("do this"), RetriableAPIError("do this")]
)
def test_a_mistake_and_an_outage_are_one_line(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    assert ended(caplog, error) == ["do this"]


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(KeyError), Plugin.single_line_errors():
        raise KeyError("x")


def test_a_reader_that_is_gone_is_one_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert ended(caplog, BrokenPipeError()) == ["Nobody reads what small-plugin writes any more: it ends"]


def test_a_number_of_the_environment_that_is_none_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="invalid literal") as none:
        int("many")
    assert "SMALL_PLUGIN_… that must be a whole number" in ended(caplog, none.value)[0]


def test_a_wrong_setting_is_named_and_a_secret_one_is_not_quoted() -> None:
    with pytest.raises(ConfigValidationError) as wrong:
        plugin(api_key=12345, pause=-1)
    (line,) = Plugin.explain(wrong.value)
    assert "api_key has a wrong type or value: `small-plugin --about" in line
    assert "pause has a wrong type or value: -1 is less than the minimum" in line
    assert "12345" not in line
    with pytest.raises(ConfigValidationError) as missing:
        Plugin(config={"api_key": "hunter2"})
    assert Plugin.explain(missing.value) == ["'url' is a required property"]


def test_what_the_sdk_says_of_all_settings_at_once_is_not_quoted() -> None:
    assert "hunter2" not in Plugin.setting_problem("{'api_key': 'hunter2'} is not valid under any of the given schemas")
    assert "hunter2" not in Plugin.setting_problem("'hunter2' is not of type 'object' in config['unknown']")


@pytest.mark.parametrize(("text", "value"), [("0.5", 0.5), (" 2 ", 2), (7, 7)])
def test_a_number_may_be_text(text: Any, value: Any) -> None:
    assert plugin(pause=text).config["pause"] == value


@pytest.mark.parametrize(("word", "value"), [("Yes", True), ("on", True), ("0", False), ("", False), (True, True)])
def test_a_boolean_may_be_a_word(word: Any, value: Any) -> None:
    assert plugin(dry_run=word).config["dry_run"] is value


def test_an_unknown_word_is_refused_and_not_taken_for_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALL_PLUGIN_DRY_RUN", "maybe")
    monkeypatch.setenv("SMALL_PLUGIN_URL", "x")
    with pytest.raises(FatalRunError, match="dry_run is neither true nor false: 'maybe'"):
        Plugin(parse_env_config=True)


def test_defaults_are_there_when_settings_are_checked() -> None:
    assert plugin().config["retries"] == 3


def test_settings_are_checked_together() -> None:
    with pytest.raises(FatalRunError, match="unlucky"):
        plugin(pause="13")


def test_the_talk_of_the_sdk_is_not_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMALL_PLUGIN_LOGLEVEL", "LOGLEVEL"):
        monkeypatch.delenv(name, raising=False)
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("SMALL_PLUGIN_URL", "x")
    assert Plugin(parse_env_config=True).metrics_logger.level == logging.WARNING
    assert caplog.messages == []


def test_a_config_that_can_not_be_read_is_one_line(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    broken = tmp_path / "config.json"
    broken.write_text('{"api_key": hunter2}')
    for path in (str(broken), "/nowhere/config.json"):
        with pytest.raises(SystemExit):
            Plugin.cb_config(None, None, (path,))  # type: ignore[arg-type]
    assert caplog.messages[0] == "--config can't be read: it is not JSON (line 1)"
    assert "/nowhere/config.json" in caplog.messages[1]
