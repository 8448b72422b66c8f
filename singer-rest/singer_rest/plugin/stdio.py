"""Singer lines: read from a pipe by its descriptor, so that nothing hides in a buffer; written in bursts."""

from __future__ import annotations

import io
import os
import select
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import InvalidOperation
from typing import IO, Any, BinaryIO, TypeAlias

import msgspec
from singer_sdk.contrib.msgspec import encoder
from singer_sdk.singerlib.encoding.base import GenericSingerReader, GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message
from singer_sdk.singerlib.json import serialize_json

from singer_rest.errors import UnreadableLine
from singer_rest.http.json import fast_decode

CHUNK_BYTES = 1 << 18
BURST_BYTES = 1 << 16
TICK_SECONDS = 0.2
LATE_SECONDS = 0.05
DRAIN_SECONDS = 5.0
RECORD_END = b"}\n"

Callbacks: TypeAlias = "dict[str, Callable[[dict[str, Any]], None]]"


class SingerReader(GenericSingerReader[str]):
    """Hands each message to the callback of its type, and lines that are no message to `on_unreadable`.

    `on_idle` is called while nothing comes, every 0.2 seconds; `on_busy` before each read of more that is there.
    `on_unreadable` gets the line, its number and what is wrong with it; without one such a line ends the run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line_size = 0
        self.line_number = 0
        self.stopping = False
        self.on_idle: Callable[[], None] = lambda: None
        self.on_busy: Callable[[], None] = lambda: None
        self.on_unreadable: Callable[[bytes, int, str], None] = _refuse
        self._finish_chunk = False

    @property
    def default_input(self) -> IO[str]:
        """Standard input."""
        return sys.stdin

    def stop(self, *, finish_chunk: bool = False) -> None:
        """End before the next line, or behind the lines that were read already. A signal's handler may call it."""
        self.stopping = True
        self._finish_chunk = finish_chunk

    def deserialize_json(self, line: str | bytes) -> dict[str, Any]:
        """Decode one line; numbers with a point become Decimal. Raises UnreadableLine when it is no Singer message."""
        try:
            message = fast_decode(line)
        except RecursionError:
            raise UnreadableLine("nested too deeply") from None
        except UnicodeDecodeError:
            raise UnreadableLine("not UTF-8") from None
        except InvalidOperation:
            raise UnreadableLine("a number with an exponent that is too large") from None
        except msgspec.DecodeError as error:
            raise UnreadableLine(f"no JSON: {error}") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise UnreadableLine("not a Singer message: it has no type")
        return message

    def process_lines(self, file_input: IO[Any] | None, callbacks: Callbacks) -> Counter[str]:
        """Read to the end, or until `stop`; returns how many messages of each type came."""
        counts: Counter[str] = Counter()
        for line in self._lines(file_input or sys.stdin):
            self.line_number += 1
            if not line or line.isspace():
                continue
            self.line_size = len(line)
            try:
                message = self.deserialize_json(line)
                kind = message["type"]
                if kind not in callbacks:
                    raise UnreadableLine("not a Singer message: its type is not known")  # noqa: TRY301  # as any other
                callbacks[kind](message)
            except UnreadableLine as why:
                self.on_unreadable(line, self.line_number, str(why))
            else:
                counts[kind] += 1
            if self.stopping and not self._finish_chunk:
                break
        return counts

    def _lines(self, stream: IO[Any]) -> Iterator[bytes]:
        descriptor = descriptor_of(stream)
        if descriptor is None:
            yield from (line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line for line in stream)
            return
        rest: list[bytes] = []
        while chunk := self._chunk(descriptor):
            head, newline, tail = chunk.rpartition(b"\n")
            if newline:
                lines = b"".join([*rest, head]).split(b"\n")
                rest = []
                yield from lines
            if tail:
                rest.append(tail)
        if rest:
            yield b"".join(rest)

    def _chunk(self, descriptor: int) -> bytes:
        """What is there, empty at the end of the input and after `stop`."""
        is_waiting, seconds = False, 0.0
        while not self.stopping:
            if _has_input(descriptor, seconds):
                if not is_waiting:
                    self.on_busy()
                return os.read(descriptor, CHUNK_BYTES)
            self.on_idle()
            is_waiting, seconds = True, TICK_SECONDS
        return b""


class BurstWriter(GenericSingerWriter[bytearray, "Message"]):
    """Writes lines of UTF-8 to standard output: RECORDs 64 KiB at a time, any other message at once behind them.

    Numbers keep the digits they came with. Half a surrogate pair, which JSON allows and UTF-8 does not, becomes `?`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._heads: dict[str, bytes] = {}
        self._stdout: Any = None
        self._output: BinaryIO
        self._flushed_at = 0.0

    def serialize_message(self, message: Message) -> bytearray:
        """The message as a line."""
        return bytearray(_line(b"", message.to_dict(), b"\n"))

    def write_message(self, message: Message) -> None:
        """Write a message of the SDK; all but a RECORD goes out at once."""
        body = message.to_dict()
        self.add(body)
        if body["type"] != "RECORD":
            self.flush()

    def add(self, message: dict[str, Any]) -> None:
        """Add a message to the burst."""
        self._attach()
        self._output.write(_line(b"", message, b"\n"))

    def add_record(self, stream: str, record: dict[str, Any], end: bytes = RECORD_END) -> None:
        """Add a RECORD to the burst, with no message made of it; `end` is what `record_end` gives."""
        head = self._heads.get(stream)
        if head is None:
            head = self._heads[stream] = b'{"type":"RECORD","stream":%b,"record":' % encoder.encode(stream)
        if sys.stdout is not self._stdout:
            self._attach()
        self._output.write(_line(head, record, end))

    def flush(self) -> None:
        """Hand over what is written so far."""
        self._flushed_at = time.monotonic()
        self._attach()
        self._output.flush()

    def flush_late(self) -> None:
        """Hand over what has waited 50 ms."""
        if time.monotonic() - self._flushed_at >= LATE_SECONDS:
            self.flush()

    def _attach(self) -> None:
        """Take standard output behind a buffer of our own: under `python -u` it has none, and lines could be torn."""
        if sys.stdout is self._stdout:
            return
        stdout = sys.stdout.buffer
        raw = getattr(stdout, "raw", stdout)
        is_file = isinstance(raw, io.FileIO)
        own = io.BufferedWriter(io.FileIO(raw.fileno(), "wb", closefd=False), BURST_BYTES) if is_file else stdout
        self._stdout, self._output = sys.stdout, own


def _line(head: bytes, value: dict[str, Any], end: bytes) -> bytes:
    try:
        body = encoder.encode(value)
    except UnicodeEncodeError:
        body = serialize_json(value, ensure_ascii=False).encode(errors="replace")
    return b"".join((head, body, end))


def record_end(time_extracted: Any) -> bytes:
    """How a RECORD's line ends: with when the record was extracted, where that is known."""
    return RECORD_END if time_extracted is None else b',"time_extracted":%b}\n' % encoder.encode(time_extracted)


def drain_input(seconds: float = DRAIN_SECONDS) -> None:
    """Take and drop what still comes in.

    Meltano answers a pipe that closes under its hands with pages of traceback, which hide the line that says why.
    """
    descriptor, until = descriptor_of(sys.stdin), time.monotonic() + seconds
    if descriptor is None or os.isatty(descriptor):
        return
    while (left := until - time.monotonic()) > 0:
        if _has_input(descriptor, left) and not os.read(descriptor, CHUNK_BYTES):
            return


def descriptor_of(stream: Any) -> int | None:
    """The descriptor of a file or pipe; None for a stream in memory and for one that is closed."""
    try:
        descriptor: int = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor


def _has_input(descriptor: int, seconds: float) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


def _refuse(_line: bytes, number: int, why: str) -> None:
    raise UnreadableLine(f"line {number} of the input can't be read: {why}")
