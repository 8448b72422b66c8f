"""The last line of a run, and why it had nothing to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from singer_rest.target.summary import Summary

if TYPE_CHECKING:
    from pathlib import Path


def test_counts_and_line() -> None:
    summary = Summary()
    summary.read["boxes"] = 3
    for result in ("created", "updated", "rejected"):
        summary.count("boxes", result)
    summary.conflicts = 2
    line = summary.line(None)
    assert "created 1, updated 1, unchanged 0, stale 0, rejected 1 (boxes 1 created/1 updated/1 rejected)" in line
    assert line.endswith("; calls 0, retries 0; see `dead-letters list`; both sides had changed 2, see `conflicts`")
    assert summary.counts(None)["streams"] == {"boxes": {"created": 1, "updated": 1, "rejected": 1}}


def test_why_there_was_nothing_to_do() -> None:
    summary, since = Summary(), datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert "no record came" in summary.line(None)
    summary.read["boxes"] = 2
    for _ in range(2):
        summary.count("boxes", "unchanged")
    assert summary.line(None, since=since).endswith(
        "2 records read, all unchanged since the last run (2026-03-02 12:00 UTC)"
    )
    summary.read["boxes"] = 3
    summary.count("boxes", "rejected")
    assert "1 set aside (`dead-letters list`), the other 2 unchanged" in summary.line(None)


def test_a_letter_that_is_tried_again_changes_its_count() -> None:
    summary = Summary()
    summary.count("boxes", "waiting")
    summary.count_again("boxes", "created", "waiting")
    summary.count_again("boxes", "created", None)
    counts = summary.counts(None)
    assert (counts["streams"], counts["tried_again"]) == ({"boxes": {"created": 2}}, {"boxes": 1})
    assert (summary.taken(), summary.total("created"), summary.set_aside("boxes")) == (1, 2, 0)


def test_the_file_holds_the_counts(tmp_path: Path) -> None:
    summary = Summary()
    summary.write(str(tmp_path / "summary.json"), None)
    assert msgspec.json.decode((tmp_path / "summary.json").read_bytes())["calls"] == 0


def test_progress_is_told_after_a_while() -> None:
    summary = Summary()
    assert summary.progress(5) is None
    summary._said_at -= 60
    summary.count("boxes", "created")
    assert str(summary.progress(5)).startswith("1 records done")
