"""What became of a value that was sent, as the answer shows it: no false alarm, and no loss that goes unseen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from singer_rest.sync.answers import Fate, fate
from singer_rest.sync.change_set import differs
from singer_rest.sync.merge import ABSENT

NOON = 1_767_268_800_000
HOUR = 3_600_000
ADA = {"email": "Ada@acme.example"}
C1, C2, C3 = ({"key": f"C{number}"} for number in (1, 2, 3))

SAME: list[tuple[Any, Any]] = [
    ("42", 42),
    (42, "42"),
    ("208.30", Decimal("208.3")),
    ("42.0", 42),
    ("1E+2", 100),
    (" CTO ", "CTO"),
    ("Acme  Inc.", "Acme Inc"),
    ("a & b", "a &amp; b"),
    ("first\nsecond", "<p>first</p><p>second</p>"),
    ("Café", "Cafe\u0301"),
    ("\uff46\uff55\uff4c\uff4c", "full"),
    (True, "true"),
    (False, None),
    ("9002", 9002),
    ("9002", {"key": "9002", "name": "US"}),
    (["9002", "9001"], ["9001", "9002"]),
    (["9002"], [{"key": "9002", "tag": "web"}]),
    (["9002"], "9002"),
    (NOON, NOON - 12 * HOUR),
    (NOON, "2026-01-01"),
    (["Ada@ACME.example", "ada@acme.example"], ["ada@acme.example"]),
    (["https://www.Acme.com/"], ["acme.com"]),
    (["https://acme.com/shop"], ["acme.com"]),
    (["info@müller.example"], ["info@xn--mller-kva.example"]),
    (["+1 (555) 123-4567"], ["+15551234567"]),
    (["1 Main St\nAustin", None, ""], ["1 Main St, Austin"]),
    ([ADA], [{"email": "ada@acme.example", "displayName": "Ada", "userKey": "U1"}]),
    ([ADA], [{"userKey": "U1"}]),
    ([ADA], ["ada@acme.example"]),
    ([C1, C2], [C2 | {"isStarred": False}, C1]),
    ([C1], ["C1"]),
    ({"1001": "9", "1002": ["a"]}, {"1001": 9, "1002": ["a"], "1003": "x"}),
    ("a long text that is cut", "a long text th"),
    ("", None),
    ([], None),
    ("   ", None),
    (None, ""),
]


@pytest.mark.parametrize(("sent", "there"), SAME)
def test_another_spelling_is_kept(sent: Any, there: Any) -> None:
    assert fate(sent, there) is not Fate.LOST
    assert fate(sent, there, "something before") is not Fate.LOST


LOST: list[tuple[Any, Any, Any]] = [
    ("new", None, ABSENT),
    ("new", "", "old"),
    ("new", "old", "old"),
    ("Order 1001 (paid)", "Order 1001", "Order 1001"),
    ("5003", 5001, "5001"),
    ("", "old", "old"),
    (None, "old", ABSENT),
    ([], ["9001"], ["9001"]),
    (["9001"], ["9001", "9002"], ["9001", "9002"]),
    ([C1], None, None),
    ([C1, C2], [C1], [C1]),
    ([ADA], [], ABSENT),
    ([C1, C2], [C3], [C3]),
    (True, False, False),
    (True, None, ABSENT),
    ("0", None, ABSENT),
    (NOON, NOON - 24 * HOUR, NOON - 24 * HOUR),
    (NOON, NOON - 13 * HOUR, NOON - 13 * HOUR),
    ({"1001": "9"}, {"1001": "8"}, {"1001": "8"}),
    ({"1001": "9"}, {}, {}),
]


@pytest.mark.parametrize(("sent", "there", "before"), LOST)
def test_what_is_blank_or_as_before_is_lost(sent: Any, there: Any, before: Any) -> None:
    assert fate(sent, there, before) is Fate.LOST


@pytest.mark.parametrize(
    ("sent", "there"),
    [
        ("paid", "unpaid"),
        ("Ann", "Joanne"),
        ("won", "wonder"),
        ("10", "100"),
        ("-5", "5"),
        ("1.5", 15),
        (90_000_001, 90_000_000),
    ],
)
def test_a_part_of_another_word_is_another_word(sent: Any, there: Any) -> None:
    assert fate(sent, there) is not Fate.KEPT
    assert fate(there, sent) is not Fate.KEPT
    assert fate(sent, there, there) is Fate.LOST


def test_a_list_that_is_only_added_to_may_have_more() -> None:
    assert fate([C1], [C1, C2], [C2], adds=True) is Fate.KEPT
    assert fate([C1, C2], [C2], [C2], adds=True) is Fate.LOST


def test_a_value_of_the_apis_own_is_no_loss() -> None:
    assert fate("ACME LLC", "Umbrella", "Initech") is Fate.IN_OTHER_WORDS
    assert fate([C1], [{"key": "another form"}], []) is Fate.IN_OTHER_WORDS


@pytest.mark.parametrize(
    ("body", "answer", "expected"),
    [
        ({"name": "a"}, {"name": "a", "more": 1}, False),
        ({"fields": {"1": "a"}}, {"fields": {"1": "a", "2": "b"}}, False),
        ({"fields": {"1": ["a"]}}, {"fields": {"1": ["a"]}}, False),
        ({"fields": {"1": "a"}}, {"fields": {}}, True),
        ({"fields": {"1": "a"}}, {}, True),
        ({"name": "a"}, {"success": True}, True),
        ({"name": "a"}, None, True),
        ({}, {}, False),
    ],
)
def test_the_fast_comparison_knows_equal_from_different(body: Any, answer: Any, expected: object) -> None:
    assert differs(body, answer) is expected
