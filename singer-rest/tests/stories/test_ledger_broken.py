"""A ledger that can't be used ends in one clear line."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from ledgers import complaint
from singer_rest.errors import FatalRunError
from singer_rest.ledger import Content, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from singer_rest.testing import PostgresServer

    Open = Callable[..., Ledger]


def open_it(url: str, **more: Any) -> Ledger:
    return Ledger.open(url, source="shop", destination="crm", **more)


def write(ledger: Ledger, number: int = 1, text: str = "") -> None:
    content = Content("h", {"text": text})
    ledger.links.written("boxes", str(number), vendor_key="b1", flow="f", content=content, result="created")


def test_the_file_and_its_directories_are_made_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "ledger.db"
    with open_it(f"sqlite:///{path}") as ledger:
        write(ledger)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_plain_path_is_a_url_too(tmp_path: Path) -> None:
    with open_it(str(tmp_path / "ledger.db")) as ledger:
        write(ledger)
    assert (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite://", "in memory remembers nothing"),
        ("mysql://host/db", "mysql is not supported"),
        ("sqlite:/x:y:z://", "use sqlite:///"),
        ("postgresql://127.0.0.1:1/ledger", "the server is not running there"),
        ("postgresql://nowhere.invalid/ledger", "the host is not known"),
    ],
)
def test_a_url_that_leads_nowhere(url: str, told: str) -> None:
    assert told in complaint(url)


def test_a_password_is_never_told() -> None:
    assert "canary" not in complaint("postgresql://me:canary@127.0.0.1:1/ledger")


def test_no_such_database(postgresql: PostgresServer) -> None:
    url = postgresql.database().rpartition("/")[0] + "/absent"
    assert "there is no such database" in complaint(url)


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert f"{tmp_path}/file/ledger.db: can't be written" in complaint(f"sqlite:///{tmp_path}/file/ledger.db")
    assert "is a directory" in complaint(f"sqlite:///{tmp_path}")
    assert "/proc/nowhere/ledger.db: can't be written" in complaint("sqlite:////proc/nowhere/ledger.db")


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a shopping list, and a long one at that" * 100)
    assert "something else than a ledger" in complaint(f"sqlite:///{tmp_path}/notes.txt")


def test_a_locked_ledger(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    open_it(url).close()
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "another program keeps it locked" in complaint(f"{url}?timeout=0.2")


def test_a_ledger_that_is_locked_while_it_is_used(tmp_path: Path) -> None:
    with (
        open_it(f"sqlite:///{tmp_path}/ledger.db?timeout=0.2") as ledger,
        closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(FatalRunError, match="keeps it locked"):
            write(ledger)
        other.execute("ROLLBACK")
        # what could not be recorded may have been done: this run must end
        with pytest.raises(FatalRunError, match="keeps it locked"):
            write(ledger)
    with open_it(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        write(ledger)


def write_until_full(ledger: Ledger, written: list[int]) -> None:
    for number in range(1000):
        write(ledger, number, "x" * 10_000)
        written.append(number)


def test_a_full_disk(small_disk: Path) -> None:
    written: list[int] = []
    with open_it(f"sqlite:///{small_disk}/ledger.db") as ledger:
        with pytest.raises(FatalRunError, match=r"ledger\.db: the disk (is full|gives errors or is full)"):
            write_until_full(ledger, written)
        assert len(written) > 10
        with pytest.raises(FatalRunError):
            write(ledger, 1001)
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    with open_it(f"sqlite:///{small_disk}/ledger.db") as ledger:
        assert all(ledger.links.get("boxes", str(number)) for number in written)
        write(ledger, 1002)


def test_a_read_only_disk(small_disk: Path) -> None:
    open_it(f"sqlite:///{small_disk}/ledger.db").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "read-only" in complaint(f"sqlite:///{small_disk}/ledger.db")


def test_a_read_only_server(postgresql: PostgresServer) -> None:
    url = postgresql.database() + "?options=-c%20default_transaction_read_only%3Don"
    assert "it is read-only" in complaint(url)


def test_a_ledger_that_is_removed_while_it_is_used(tmp_path: Path) -> None:
    with open_it(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        write(ledger)
        (tmp_path / "ledger.db").unlink()
        for _ in range(2):
            with pytest.raises(FatalRunError, match="removed while it was in use"):
                write(ledger)


def test_a_server_that_goes_away(postgresql: PostgresServer) -> None:
    url = postgresql.database()
    with open_it(url) as ledger, open_it(url) as other:
        write(ledger)
        with other._database.reading() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        with pytest.raises(FatalRunError, match=r"ledger postgresql://127\.0\.0\.1/.*`ledger_url`"):
            write(ledger)


def test_without_the_driver_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from singer_rest.ledger import Ledger\n"
        "Ledger.open('postgresql://localhost/x', source='a', destination='b')"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'singer-rest[postgresql]'" in ended.stderr
