"""A ledger on SQLite and on PostgreSQL, and an API that does as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from clients import client_for
from singer_rest.ledger import Ledger
from singer_rest.testing import ScriptedApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from singer_rest.http.client import RestClient
    from singer_rest.testing import PostgresServer

    Open = Callable[..., Ledger]


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.database()


@pytest.fixture
def open_ledger(ledger_url: str) -> Iterator[Open]:
    """Opens the same ledger as often as wanted."""
    opened: list[Ledger] = []

    def open_it(source: str = "shop", destination: str = "crm", *, read_only: bool = False) -> Ledger:
        opened.append(Ledger.open(ledger_url, source=source, destination=destination, read_only=read_only))
        return opened[-1]

    yield open_it
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Open) -> Ledger:
    return open_ledger()


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as server:
        yield server


@pytest.fixture
def client(api: ScriptedApi) -> Iterator[RestClient]:
    one = client_for(api.url)
    yield one
    one.close()
