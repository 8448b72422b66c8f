"""Who waits is told how far it is; who does not wait is told nothing."""

import logging
from typing import Any

from tap_streak.progress import Progress

LOGGER = logging.getLogger("tap-streak")


def test_a_long_read_says_how_far_it_is(caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    progress = Progress(LOGGER, "orders", every=0)
    progress.page(1200)
    progress.row()
    assert caplog.messages[0].startswith("orders: 1 of 1,200 read, ")
    assert caplog.messages[0].endswith(" left")


def test_a_list_that_is_not_counted_is_no_obstacle(caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    progress = Progress(LOGGER, "orders", every=0)
    progress.page(None)
    progress.row()
    assert " of " not in caplog.messages[0]


def test_a_short_read_says_nothing(caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    progress = Progress(LOGGER, "orders")
    progress.page(2)
    progress.row()
    assert caplog.messages == []
