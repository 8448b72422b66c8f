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


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SYNC_CONSOLE_FEED_PORT=low\n")
    assert "not 'low'" in refused("receive")
    assert "not 'high'" in refused("receive", SYNC_CONSOLE_FEED_PORT="high")
    (tmp_path / "other.env").write_text("SYNC_CONSOLE_HOOKS_PORT=other\n")
    assert "not 'other'" in refused("--env-file", "other.env", "receive")
