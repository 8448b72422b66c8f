"""Which request meets which fault."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox.faults import Faults


def faults(*rules: dict[str, Any]) -> Faults:
    made = Faults()
    made.replace(list(rules))
    return made


def struck(made: Faults, times: int, request: tuple[str, str, str] = ("streak", "POST", "/v2/boxes")) -> list[str]:
    """What is done to the same request again and again; empty for nothing."""
    return [rule.do if rule else "" for _, rule in (made.strike(*request) for _ in range(times))]


def test_a_rule_hits_so_many_times_after_so_many_requests() -> None:
    assert struck(faults({"do": "reset", "times": 2, "after": 1}), 4) == ["", "reset", "reset", ""]


def test_the_first_rule_that_hits_decides() -> None:
    assert struck(faults({"do": "429", "times": 1}, {"do": "reset"}), 3) == ["429", "reset", "reset"]


@pytest.mark.parametrize(
    ("match", "hits"),
    [
        ({}, True),
        ({"system": "streak", "method": "post", "path": "boxes$"}, True),
        ({"system": "clarity"}, False),
        ({"method": "GET"}, False),
        ({"path": "^/v1"}, False),
    ],
)
def test_a_rule_is_about_what_it_matches(match: dict[str, str], hits: Any) -> None:
    assert struck(faults({"do": "reset", "match": match}), 1) == ["reset" if hits else ""]


def test_latencies_add_up_on_the_way() -> None:
    made = faults({"do": "latency", "ms": 20}, {"do": "latency", "ms": 5}, {"do": "reset"}, {"do": "latency", "ms": 1})
    wait, rule = made.strike("streak", "GET", "/")
    assert (wait, rule.do if rule else "") == (25, "reset")


def test_a_share_is_drawn_alike_every_time() -> None:
    rule = {"do": "reset", "rate": 0.3}
    first = struck(faults(rule), 1000)
    assert 250 < first.count("reset") < 350
    assert struck(faults(rule), 1000) == first
    assert struck(faults({**rule, "seed": 1}), 1000) != first


def test_a_stale_search_is_no_answer_that_goes_wrong() -> None:
    made = faults({"do": "stale_search", "match": {"system": "streak"}, "seconds": 7}, {"do": "stale_search"})
    assert struck(made, 1) == [""]
    assert (made.search_lag("streak"), made.search_lag("clarity"), Faults().search_lag("streak")) == (60, 60, 0)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"do": "explode"}, "rule 1: no fault 'explode'"),
        ({"do": "reset", "match": {"host": "x"}}, "rule 1: can't match by host"),
        ({"do": "reset", "match": {"path": "("}}, "rule 1: path is no regular expression"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        faults(rule)
