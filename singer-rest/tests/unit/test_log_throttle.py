"""Lines that could come again and again."""

from __future__ import annotations

import logging
import time

import pytest
from singer_rest.plugin.log_throttle import LogOnce, LogThrottle, Progress

LOGGER = logging.getLogger("plugin")


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_line_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    once = LogOnce(LOGGER)
    for _ in range(3):
        once.warning("no such stage")
        once.info("stage renamed")
    assert caplog.messages == ["no such stage", "stage renamed"]


def test_what_reads_the_same_may_be_about_others(caplog: pytest.LogCaptureFixture) -> None:
    once = LogOnce(LOGGER)
    for address in ("ada@x.example", "alan@x.example", "ada@x.example"):
        once.warning("a***@x.example is no member", about=address)
    assert len(caplog.messages) == 2


def test_a_warning_comes_once_a_minute_with_how_often_it_was_held_back(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    throttle = LogThrottle(LOGGER)
    for seconds in (0, 1, 2, 60):
        now[0] += seconds
        throttle.warning("wrong signature")
    throttle.warning("too large")
    assert caplog.messages == ["wrong signature", "wrong signature (2 more since the last line)", "too large"]


def test_a_long_read_says_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(LOGGER, "orders", every=0)
    progress.page(1200)
    progress.row()
    assert caplog.messages[0].startswith("orders: 1 of 1,200 read, ")
    assert caplog.messages[0].endswith(" left")


def test_an_api_that_does_not_count_is_no_obstacle(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(LOGGER, "orders", every=0)
    progress.page(None)
    progress.row()
    assert " of " not in caplog.messages[0]


def test_the_total_grows_with_what_is_left(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(LOGGER, "orders", every=0)
    progress.page(2)
    progress.row()
    progress.row()
    progress.page(5)
    progress.row()
    assert caplog.messages[-1].startswith("orders: 3 of 7 read, ")


def test_a_short_read_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(LOGGER, "orders")
    progress.page(2)
    progress.row()
    assert caplog.messages == []
