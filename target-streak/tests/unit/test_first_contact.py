"""The table of what is assumed of Streak: readable at 80 columns, and nothing in it without words."""

from __future__ import annotations

from typing import Any

import pytest
from singer_rest import Ledger
from target_streak.first_contact import PROBED, TRIED, WIDTHS, Answers, Assumption


@pytest.mark.parametrize("assumption", [*PROBED, *TRIED], ids=lambda each: f"{each.subject} {each.topic}")
def test_every_row_says_what_and_what_then(assumption: Assumption) -> None:
    assert len(assumption.what) <= WIDTHS[0]
    assert assumption.assumed
    assert assumption.then
    assert assumption.adaptation("otherwise").startswith("otherwise: ")


def test_no_two_rows_are_of_one_topic() -> None:
    topics = [(each.subject, each.topic) for each in (*PROBED, *TRIED)]
    assert len(topics) == len(set(topics))


def test_an_answer_is_kept_and_the_later_one_counts() -> None:
    ledger = Ledger.in_memory()
    for answer in ("ignored", "kept"):
        answers = Answers(ledger, TRIED)
        answers.note("boxes", "update fields", answer)
        assert [bound.vendor_key for bound in ledger.bindings.of_kind("finding")] == [answer]
        assert answers.known("boxes", "update fields") == answer


def test_the_table_tells_yes_no_and_not_seen() -> None:
    answers: Any = Answers(Ledger.in_memory(), TRIED)
    answers.note("boxes", "create fields", "kept")
    answers.note("boxes", "update fields", "ignored")
    answers.leave_open("boxes", "clear fields", "refused (403)")
    lines = list(answers.table())
    assert max(map(len, lines)) <= 80
    assert [
        line.split("|")[1].strip() for line in lines if line.startswith(("a new box takes fields", "a changed box"))
    ][:2] == ["yes", "no"]
    assert any("not seen" in line and "refused (403)" in line for line in lines)
