"""A private PostgreSQL server on a free port, from whatever is installed.

As a pytest plugin, one for all tests: `-p singer_rest.testing.postgresql`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Self

import pytest

REQUIRED = "REQUIRE_POSTGRESQL"
START_SECONDS = 30
MEMORY = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a directory of its own there
PLENTY = 2 << 30


class PostgresServer:
    """Starts on entering, is gone with its data on leaving; durable enough for tests only (fsync is off)."""

    def __init__(self) -> None:
        self._home = Path()
        self._user: str | None = None
        self._command: list[Path | str] = []
        self._server: subprocess.Popen[bytes] | None = None
        self._address = ""
        self._numbers = count(1)

    @staticmethod
    def programs() -> Path | None:
        """Where initdb and postgres are; None when PostgreSQL is not installed."""
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        on_path = shutil.which("initdb")
        return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None

    def __enter__(self) -> Self:
        programs = self.programs()
        if programs is None:
            msg = "PostgreSQL is not installed: initdb was not found"
            raise FileNotFoundError(msg)
        self._home = Path(tempfile.mkdtemp(prefix="postgresql-", dir=_memory()))
        # the server refuses to run as root
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._home, self._user)
        data, port = self._home / "data", _free_port()
        made = ("-A", "trust", "-U", "test", "-E", "UTF8", "--locale=C", "--no-sync")
        self._run([programs / "initdb", "-D", data, *made]).wait()
        settings: dict[str, Path | str] = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self._home}
        settings |= {"fsync": "off", "max_wal_size": "64MB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._command = [programs / "postgres", "-D", data, "-p", str(port), *options]
        self._address = f"postgresql://test@127.0.0.1:{port}"
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._home)

    def start(self) -> None:
        """Start the server, with the data that it had when it was stopped."""
        self._server = self._run(self._command)
        import psycopg  # noqa: PLC0415 - only who starts a server needs a driver

        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._server.poll() is None:
            try:
                psycopg.connect(f"{self._address}/postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.__exit__()
        msg = "PostgreSQL did not start"
        raise RuntimeError(msg)

    def stop(self) -> None:
        """Stop the server at once, as when its machine fails: what was committed is there after the next start."""
        if self._server:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(START_SECONDS)

    def database(self) -> str:
        """The URL of a new empty database."""
        import psycopg  # noqa: PLC0415 - as above

        name = f"test_{next(self._numbers)}"
        with psycopg.connect(f"{self._address}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"{self._address}/{name}"

    def _run(self, command: list[Path | str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, user=self._user, cwd=self._home, stdout=quiet, stderr=quiet)  # noqa: S603 - ours


def _memory() -> Path | None:
    """Give a place in memory where there is plenty: a database of its own for each test makes disks busy."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if free > PLENTY else None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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
