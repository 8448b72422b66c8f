"""Group commit: what is handed in together is committed together, and only the guilty one fails."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Ledger
from sqlalchemy import text

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


@pytest.fixture
def store() -> Any:
    return Ledger.in_memory().links._store


def insert(connection: Connection, name: str) -> None:
    connection.execute(text("INSERT INTO meta (name, value) VALUES (:name, '')"), {"name": name})


def names(store: Any) -> set[str]:
    return {row.name for row in store.select(text("SELECT name FROM meta WHERE value = ''"))}


def test_writes_of_many_threads_are_all_there(store: Any) -> None:
    threads = [
        threading.Thread(target=store.write, args=[lambda c, n=number: insert(c, str(n))]) for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names(store) == {str(number) for number in range(40)}


def test_one_that_fails_fails_alone(store: Any) -> None:
    first = store.submit(lambda c: insert(c, "a"))
    guilty = [store.submit(lambda c: insert(c, "a")), store.submit(lambda _: 1 / 0)]
    last = store.submit(lambda c: insert(c, "b"))
    first.result()
    last.result()
    assert [type(write.exception()).__name__ for write in guilty] == ["IntegrityError", "ZeroDivisionError"]
    assert names(store) == {"a", "b"}


def test_once_the_ledger_fails_everything_after_fails_too(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", source="a", destination="b")
    (tmp_path / "ledger.db").unlink()
    for _ in range(2):
        with pytest.raises(FatalRunError, match="removed while it was in use"):
            ledger.intents.open("things", "1", {})


def test_a_read_only_ledger_writes_nothing(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", source="a", destination="b", read_only=True)
    with ledger.lease("things", "1") as held:
        assert (held.link, held.lease) == (None, None)
    with pytest.raises(RuntimeError, match="read-only"):
        ledger.intents.open("things", "1", {})
    assert not (tmp_path / "ledger.db").exists()


def test_what_is_handed_in_is_committed_before_the_end() -> None:
    ledger = Ledger.in_memory()
    done = [ledger.links._store.submit(partial(insert, name=str(number))) for number in range(5)]
    ledger.close()
    assert all(write.done() for write in done)
