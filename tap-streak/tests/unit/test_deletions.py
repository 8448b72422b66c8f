"""What is gone is reported, once it is sure, until it is known to have been heard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import FatalRunError
from tap_streak.deletions import Gone, KnownKeys, deletions

AT = datetime(2026, 5, 2, tzinfo=UTC)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def known(tmp_path: Path) -> KnownKeys:
    return KnownKeys(str(tmp_path / "made" / "keys.db"), "account", "boxes")


def keys_of(pairs: list[tuple[str, str]]) -> set[str]:
    return {key for key, _ in pairs}


def scan(known: KnownKeys, keys: str, state: dict[str, Any], confirm: Any = keys_of) -> list[str]:
    return [gone.key for gone in deletions(known, dict.fromkeys(keys, "P"), state, confirm, AT)]


def test_nothing_is_gone_in_the_first_run(known: KnownKeys) -> None:
    state: dict[str, Any] = {}
    assert scan(known, "abc", state) == []
    assert state == {}


def test_what_is_missing_is_reported_with_its_parent(known: KnownKeys) -> None:
    state: dict[str, Any] = {}
    scan(known, "abc", state)
    (gone,) = deletions(known, {"a": "P", "c": "P"}, state, keys_of, AT)
    assert (gone.key, gone.parent, gone.deleted_at[-1]) == ("b", "P", "Z")
    assert state == {"deletions_told": 1}


def test_it_is_reported_again_until_a_state_comes_back(known: KnownKeys) -> None:
    scan(known, "abc", {})
    lost_state: dict[str, Any] = {}
    assert scan(known, "ac", lost_state) == ["b"]
    again: dict[str, Any] = {}
    assert scan(known, "a", again) == ["b", "c"]
    assert scan(known, "a", again) == []


def test_a_state_is_marked_when_all_are_handed_over(known: KnownKeys) -> None:
    scan(known, "abc", {})
    state: dict[str, Any] = {}
    reading = deletions(known, {}, state, keys_of, AT)
    next(reading)
    assert state == {}
    list(reading)
    assert state["deletions_told"] == 1


@pytest.mark.parametrize("odd", ["1", None, [], 1.5])
def test_a_state_that_says_nonsense_about_it_is_one_line(known: KnownKeys, odd: Any) -> None:
    with pytest.raises(FatalRunError, match="`deletions_told` in the STATE is no number"):
        scan(known, "abc", {"deletions_told": odd})


def test_what_is_not_confirmed_is_asked_for_again(known: KnownKeys) -> None:
    state: dict[str, Any] = {}
    scan(known, "ab", state)
    asked: list[tuple[str, str]] = []

    def nobody_knows(pairs: list[tuple[str, str]]) -> set[str]:
        asked.extend(pairs)
        return set()

    assert scan(known, "a", state, nobody_knows) == []
    assert scan(known, "a", state, nobody_knows) == []
    assert asked == [("b", "P")] * 2


def test_what_comes_back_is_not_gone_and_may_go_again(known: KnownKeys) -> None:
    scan(known, "ab", {})
    assert scan(known, "a", {}) == ["b"]
    assert scan(known, "ab", {}) == []
    assert scan(known, "a", {}) == ["b"]


def test_a_scan_has_a_higher_number_than_any_that_was_heard(known: KnownKeys) -> None:
    state: dict[str, Any] = {"deletions_told": 7}
    scan(known, "ab", state)
    scan(known, "a", state)
    assert state == {"deletions_told": 8}


def test_accounts_and_streams_are_kept_apart(tmp_path: Path) -> None:
    file = str(tmp_path / "keys.db")
    KnownKeys(file, "one", "boxes").remember({"a": "P"})
    assert KnownKeys(file, "one", "boxes").missing({}) == [("a", "P")]
    assert KnownKeys(file, "two", "boxes").missing({}) == []
    assert KnownKeys(file, "one", "contacts").missing({}) == []


def test_a_parent_may_change(known: KnownKeys) -> None:
    known.remember({"a": "P"})
    known.remember({"a": "Q"})
    assert known.missing({}) == [("a", "Q")]
    known.report([Gone("a", "Q", "2026-05-02T00:00:00.000Z")], 3)
    assert known.reported() == [Gone("a", "Q", "2026-05-02T00:00:00.000Z")]
    assert (known.last_scan(), known.missing({})) == (3, [])


def test_a_file_that_can_not_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x" * 100)
    for path in (tmp_path / "file", tmp_path / "file" / "keys.db"):
        with pytest.raises(FatalRunError, match="known_keys_file can't be used"):
            KnownKeys(str(path), "account", "boxes")
