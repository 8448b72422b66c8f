"""A host that can go down: passes connections on to the sandbox, until it is told to be gone."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

RESET = struct.pack("ii", 1, 0)


class Relay:
    """Listens on a port of its own; down, it breaks what is open and refuses what is new."""

    def __init__(self, origin: str) -> None:
        there = urlsplit(origin)
        self._there = (str(there.hostname), int(there.port or 80))
        self._lock = Lock()
        self._open: list[socket.socket] = []
        self._passed = 0
        self._when: tuple[int, Callable[[], None]] | None = None
        self._listener = _listening(0)
        self.port = self._listener.getsockname()[1]
        self._accept()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def down_after(self, answers: int) -> None:
        """Go down after so many more answers."""
        self._passed, self._when = 0, (answers, self.down)

    def down(self) -> None:
        """Be gone at once."""
        with self._lock:
            self._when = None
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for one in self._open:
                with suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def up(self) -> None:
        """Be there again, at the same address."""
        self._listener = _listening(self.port)
        self._accept()

    def _accept(self) -> None:
        Thread(target=self._take, args=(self._listener,), daemon=True).start()

    def _take(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._there)
            except OSError:
                return
            with self._lock:
                self._open += [near, far]
            Thread(target=self._pass, args=(near, far, None), daemon=True).start()
            Thread(target=self._pass, args=(far, near, self._count), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, count: Callable[[], None] | None) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if count:
                    count()
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _count(self) -> None:
        with self._lock:
            self._passed += 1
            due = self._when if self._when and self._passed >= self._when[0] else None
        if due:
            due[1]()


def _listening(port: int) -> Any:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener
