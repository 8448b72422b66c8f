"""Lines that could come again and again."""

from __future__ import annotations

import logging
import time

import pytest
from singer_rest.plugin.log_throttle import LogOnce, LogThrottle

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
