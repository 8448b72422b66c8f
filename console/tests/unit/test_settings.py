"""The settings of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sync_console.command_line import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(*arguments: str, **environment: str) -> str:
    result = CliRunner().invoke(main, arguments, env=environment)
    assert result.exit_code == 1
    return result.output


def test_what_a_command_needs_is_said_by_name() -> None:
    assert "SYNC_CONSOLE_FEED_TOKEN is not set" in refused("receive")


def test_a_number_must_be_one() -> None:
    assert "SYNC_CONSOLE_FEED_PORT must be a whole number, not 'high'" in refused(
        "receive", SYNC_CONSOLE_FEED_PORT="high"
    )


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("HOOKS_PORT", "99999", "from 0 to 65535"),
        ("FEED_PORT", "-1", "from 0 to 65535"),
        ("RETENTION_DAYS", "0", "1 or more"),
    ],
)
def test_a_number_must_be_one_that_can_be_meant(name: str, value: str, allowed: str) -> None:
    told = refused("receive", **{f"SYNC_CONSOLE_{name}": value})
    assert told == f"Error: SYNC_CONSOLE_{name} must be {allowed}, not {value}\n"


def test_a_folder_that_cant_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").touch()
    (tmp_path / "file").touch()
    told = refused("live", SYNC_CONSOLE_LIVE_FOLDER="file/live")
    assert told.count("\n") == 1
    assert "file/live can't be written: Not a directory; SYNC_CONSOLE_LIVE_FOLDER names it" in told


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SYNC_CONSOLE_FEED_PORT=low\n")
    assert "not 'low'" in refused("receive")
    assert "not 'high'" in refused("receive", SYNC_CONSOLE_FEED_PORT="high")
    (tmp_path / "other.env").write_text("SYNC_CONSOLE_HOOKS_PORT=other\n")
    assert "not 'other'" in refused("--env-file", "other.env", "receive")
