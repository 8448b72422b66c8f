"""An old ledger grows up; a newer one is left alone."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from ledgers import complaint, write
from singer_rest.ledger import schema
from singer_rest.ledger.connect import open_database
from singer_rest.ledger.migrations import STEPS, migrate, version_of
from sqlalchemy import inspect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledgers import Open
    from singer_rest.ledger.engine import Database


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    one = open_database(ledger_url)
    yield one
    one.close()


def test_an_old_ledger_grows_up_and_keeps_what_it_knows(database: Database, open_ledger: Open) -> None:
    with database.begin() as connection:
        migrate(connection, STEPS[:1])
        assert version_of(connection) == 1
        connection.exec_driver_sql("INSERT INTO scopes (id, source, destination, born) VALUES (7, 'shop', 'crm', 1000)")
        connection.exec_driver_sql(
            "INSERT INTO links (scope, stream, external_id, vendor_key, state, changed_at)"
            " VALUES (7, 'boxes', '1', 'b1', 'linked', 1000)"
        )
    ledger = open_ledger()
    link = ledger.links.get("boxes", "1")
    assert link is not None
    assert link.vendor_key == "b1"
    assert ledger.born.timestamp() == 1
    write(ledger, "1")
    assert ledger.record_log.writes_within("boxes", "1", 60) == 1
    with database.reading() as connection:
        assert version_of(connection) == len(STEPS)


V1 = """
INSERT INTO scopes (id, source, destination, born) VALUES (1007, 'shop', 'crm', 1000);
INSERT INTO links (id, scope, stream, external_id, vendor_key, state, changed_at)
    VALUES (1003, 1007, 'boxes', '1', 'b1', 'linked', 1000);
INSERT INTO contents (link, flow, hash, content, written_at) VALUES (1003, 'f', 'h', '{"a": 1}', 1000);
INSERT INTO intents (scope, stream, external_id, hint, created_at) VALUES (1007, 'boxes', '2', '{}', 1000);
INSERT INTO bindings (scope, kind, place, name, vendor_key, bound_at)
    VALUES (1007, 'stage', 'p', 'Won', '5001', 1000)
"""
OPENS = """
import sys
from singer_rest.ledger import Content, Ledger
with Ledger.open(sys.argv[1], source="shop", destination="crm") as ledger:
    known = ledger.links.find("boxes", "1", "f")
    assert known.content.values == {"a": 1}, known
    assert [intent.external_id for intent in ledger.intents.abandoned()] == ["2"]
    assert ledger.bindings.get("stage", "p", "Won") == "5001"
    ledger.links.written("boxes", sys.argv[2], vendor_key="b", flow="f", content=Content("h", {}), result="created")
"""


def make_v1(database: Database) -> None:
    with database.begin() as connection:
        migrate(connection, STEPS[:1])
        for statement in V1.split(";"):
            connection.exec_driver_sql(statement)


def test_many_open_an_old_ledger_at_once(database: Database, ledger_url: str, open_ledger: Open) -> None:
    make_v1(database)
    command = [sys.executable, "-c", OPENS, ledger_url]
    opening = [subprocess.Popen([*command, f"new-{number}"], stderr=subprocess.PIPE) for number in range(4)]
    logs = [process.communicate(timeout=120)[1] for process in opening]
    assert [process.returncode for process in opening] == [0] * 4, logs
    ledger = open_ledger()
    assert all(ledger.record_log.writes_within("boxes", f"new-{number}", 60) == 1 for number in range(4))


def test_steps_that_change_tables_keep_the_rows(database: Database) -> None:
    later = (
        "ALTER TABLE links ADD COLUMN colour TEXT; UPDATE links SET colour = 'red'",
        "CREATE TABLE colours (name TEXT); INSERT INTO colours SELECT colour FROM links",
    )
    make_v1(database)
    for steps in ((*STEPS, *later), (*STEPS, *later)):
        with database.begin() as connection:
            migrate(connection, steps)
    with database.reading() as connection:
        assert version_of(connection) == len(STEPS) + 2
        assert connection.exec_driver_sql("SELECT name FROM colours").scalar_one() == "red"
        assert tuple(connection.exec_driver_sql("SELECT vendor_key, colour FROM links").one()) == ("b1", "red")


def test_a_step_that_fails_leaves_everything_as_it_was(database: Database, open_ledger: Open) -> None:
    write(open_ledger(), "1")
    with pytest.raises(Exception, match="nonsense"), database.begin() as connection:
        migrate(connection, [*STEPS, "CREATE TABLE more (a TEXT); nonsense"])
    with database.reading() as connection:
        assert version_of(connection) == len(STEPS)
        assert not inspect(connection).has_table("more")
    assert open_ledger().links.get("boxes", "1") is not None


def test_a_ledger_of_a_newer_program_is_left_alone(database: Database, ledger_url: str) -> None:
    with database.begin() as connection:
        migrate(connection, [*STEPS, "CREATE TABLE later (a TEXT)"])
    for read_only in (False, True):
        assert "update the program" in complaint(ledger_url, read_only=read_only)


def test_the_tables_are_what_the_code_believes(database: Database) -> None:
    with database.begin() as connection:
        migrate(connection)
    with database.reading() as connection:
        found = inspect(connection)
        for table in schema.TABLES:
            assert [column["name"] for column in found.get_columns(table.name)] == table.columns.keys(), table.name
        assert set(found.get_table_names()) - {"sqlite_sequence"} == {table.name for table in schema.TABLES}
