"""How long a host is asked again, and how long each wait is."""

from __future__ import annotations

import backoff
import pytest
from singer_rest.http.answers import Fault
from singer_rest.http.retry import Patience

BROKEN = Fault("broke the connection")
NOBODY = Fault("can't reach it", doubt=False, connected=False)
ODD = Fault("answered 200 with an HTML page", 200, odd=True)


@pytest.fixture(autouse=True)
def longest_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance always picks the longest wait."""
    monkeypatch.setattr(backoff, "full_jitter", lambda longest: longest)


def asked(seconds: float, *, pause: bool = False) -> Fault:
    return Fault("answered 503", 503, retry_after=seconds, pause=pause)


def test_waits_double_up_to_the_longest_and_end_with_the_time() -> None:
    patience = Patience(120, answered=True, reached=True)
    assert [patience.next_wait(BROKEN, tries, 120) for tries in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert patience.next_wait(BROKEN, 8, 7) == 7
    assert patience.next_wait(BROKEN, 1, 0) is None


def test_who_asks_for_a_pause_without_saying_how_long_gets_a_second() -> None:
    assert Patience(120).next_wait(Fault("answered 429", 429, pause=True), 1, 120) == 1


@pytest.mark.parametrize(("seconds", "tries", "wait"), [(0, 1, 0), (0, 2, 1), (0.1, 5, 0.1), (7, 1, 7), (120, 1, 120)])
def test_who_says_how_long_gets_that(seconds: float, tries: int, wait: float) -> None:
    assert Patience(120).next_wait(asked(seconds), tries, 120) == wait


def test_who_wants_more_than_there_is_ends_it_at_once() -> None:
    assert Patience(120).next_wait(asked(121), 1, 120) is None
    assert Patience(120, longest_pause=600).next_wait(asked(600), 1, 120) == 600
    assert Patience(120, longest_pause=600).next_wait(asked(601), 1, 120) is None
    assert Patience(120, longest_pause=600).next_wait(asked(1), 1, 0) is None


def test_who_was_never_reached_is_asked_once() -> None:
    assert Patience(120).next_wait(NOBODY, 1, 120) is None
    assert Patience(120, reached=True).next_wait(NOBODY, 1, 120) == 0.5


def test_who_never_answered_well_is_heard_three_times() -> None:
    stranger, friend = Patience(120, reached=True), Patience(120, reached=True, answered=True)
    assert [stranger.next_wait(ODD, tries, 120) for tries in (1, 2, 3)] == [0.5, 1, None]
    assert friend.next_wait(ODD, 3, 120) == 2
