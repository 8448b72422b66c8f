"""Pytest plugin: the tests' own PostgreSQL server, one for all (`-p singer_rest.testing.fixtures`)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from singer_rest.testing.postgresql import PostgresServer

REQUIRED = "REQUIRE_POSTGRESQL"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A running server. Where none is installed the test is skipped, or fails when REQUIRE_POSTGRESQL is set."""
    require_postgresql()
    with PostgresServer() as server:
        yield server


def require_postgresql() -> None:
    """Skip, or fail, where PostgreSQL is not installed."""
    if PostgresServer.programs() is None:
        missing = "PostgreSQL is not installed (initdb was not found)"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{missing}, and {REQUIRED} is set")
        pytest.skip(f"{missing}: on Debian `apt-get install postgresql`")
