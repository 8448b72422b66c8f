"""Reads Singer lines: from a pipe by its descriptor, so that waiting is noticed and nothing hides in a buffer."""

from __future__ import annotations

import os
import select
import sys
import time
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import IO, TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader

from singer_rest.errors import UnreadableLine

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

CHUNK = 1 << 18
TICK = 0.2
READ_OFF_SECONDS = 5.0

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class SingerLines(GenericSingerReader[str]):
    """Hands each message to its callback; lines that are no Singer message go to `on_unreadable`."""

    def __init__(self) -> None:
        super().__init__()
        self.line_size = 0
        self.line_number = 0
        self.stopping = False
        self.on_tick: Callable[[], None] = _nothing
        self.on_unreadable: Callable[[bytes, int, str], None] = _unreadable

    @property
    def default_input(self) -> IO[str]:
        """Standard input."""
        return sys.stdin

    def deserialize_json(self, line: str | bytes) -> dict[str, Any]:
        """Decode one line; numbers with a point become Decimal. Raises UnreadableLine when it is no JSON object."""
        try:
            message = _decode(line)
        except RecursionError:
            raise UnreadableLine("nested too deeply") from None
        except UnicodeDecodeError:
            raise UnreadableLine("not UTF-8") from None
        except InvalidOperation:
            raise UnreadableLine("a number with an exponent that is too large") from None
        except msgspec.DecodeError as broken:
            raise UnreadableLine(str(broken)) from None
        if not isinstance(message, dict):
            raise UnreadableLine("not a JSON object")
        return message

    def process_lines(self, file_input: IO[str] | None, callbacks: dict[str, Callable[[dict], None]]) -> Counter[str]:  # type: ignore[type-arg]  # the SDK's own signature
        """Read to the end, or until `stopping`; returns how many messages of each type came."""
        counts: Counter[str] = Counter()
        for line in _piped(self._tick) if file_input is None else _listed(file_input):
            if line is not None:
                self._process(line, callbacks, counts)
            if self.stopping:
                break
        return counts

    def _tick(self) -> bool:
        self.on_tick()
        return self.stopping

    def _process(self, line: bytes, callbacks: dict[str, Callable[[dict], None]], counts: Counter[str]) -> None:  # type: ignore[type-arg]
        self.line_size = len(line)
        self.line_number += 1
        if not line.strip():
            return
        try:
            message = self.deserialize_json(line)
            kind = _kind_of(message, callbacks)
            callbacks[kind](message)
        except UnreadableLine as why:
            self.on_unreadable(line, self.line_number, str(why))
        else:
            counts[kind] += 1


def _kind_of(message: dict[str, Any], known: Container[str]) -> str:
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in known:
        raise UnreadableLine("not a Singer message: its type is not known")
    return kind


def _listed(lines: IO[str]) -> Iterator[bytes]:
    for line in lines:
        yield line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line


def _piped(tick: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the lines of standard input, calling `tick` after every read and while nothing comes."""
    descriptor = sys.stdin.fileno()
    rest: list[bytes] = []
    while not tick():
        if not select.select([descriptor], [], [], TICK)[0]:
            continue
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            break
        head, newline, tail = chunk.rpartition(b"\n")
        if newline:
            rest.append(head)
            lines = b"".join(rest).split(b"\n")
            rest = []
            yield from lines
        if tail:
            rest.append(tail)
    if rest:
        yield b"".join(rest)


def read_off(seconds: float = READ_OFF_SECONDS) -> None:
    """Take and drop what still comes in.

    Meltano answers a pipe that closes under its hands with pages of traceback, which hide the line that says why.
    """
    try:
        descriptor, until = sys.stdin.fileno(), time.monotonic() + seconds
        while not os.isatty(descriptor) and (left := until - time.monotonic()) > 0:
            if select.select([descriptor], [], [], left)[0] and not os.read(descriptor, CHUNK):
                break
    except (OSError, ValueError, AttributeError):
        return  # no pipe, nobody to please


def _nothing() -> None:
    """Do nothing: until a target says what is to happen."""


def _unreadable(_line: bytes, number: int, why: str) -> None:
    raise ValueError(f"line {number} of the input: {why}")
