"""The lock: one supervisor per folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
import pytest
from sync_console.live.supervisor import lock

if TYPE_CHECKING:
    from pathlib import Path


def refusal(folder: Path) -> str:
    with pytest.raises(click.ClickException) as refused, lock(folder):
        pass
    return refused.value.message


def test_a_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with lock(folder):
        assert f"process {os.getpid()} on " in refusal(folder)
    with lock(folder):
        assert refusal(folder).endswith("; this one ends")


def test_who_has_only_just_begun_is_not_known_yet(tmp_path: Path) -> None:
    with lock(tmp_path):
        (tmp_path / "live.lock").write_text("")
        assert "it has only just begun; this one ends" in refusal(tmp_path)


def test_a_folder_that_cant_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "can't be written: Not a directory; SYNC_CONSOLE_LIVE_FOLDER names it" in refusal(tmp_path / "file" / "live")
