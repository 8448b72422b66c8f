"""Who waits is told how far it is; who does not wait is told nothing."""

from __future__ import annotations

import logging

import pytest
from singer_rest.plugin.progress import Progress

LOGGER = logging.getLogger("tap")


@pytest.fixture(autouse=True)
def _info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


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
