"""Singer lines, read in chunks and written in bursts."""

import collections
import decimal
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec
from singer_sdk.contrib.msgspec import enc_hook
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.base import GenericSingerReader, GenericSingerWriter
from singer_sdk.singerlib.exceptions import InvalidInputLine

CHUNK = 1 << 18
BURST = 1 << 16
NEEDED: dict[str, dict[str, type]] = {
    "RECORD": {"stream": str, "record": object},
    "SCHEMA": {"stream": str, "schema": dict},
    "ACTIVATE_VERSION": {"stream": str},
}
READ_OFF_SECONDS = 5.0
LATEST = 0.05  # seconds that a mapped record may wait for others

UNREADABLE: dict[type[Exception], str] = {
    UnicodeDecodeError: "not UTF-8",
    RecursionError: "nested too deeply",
    decimal.InvalidOperation: "a number with an exponent that is too large",
}

_decode = msgspec.json.Decoder(float_hook=decimal.Decimal).decode
_encoder = msgspec.json.Encoder(enc_hook=enc_hook, decimal_format="number")


class BurstWriter(GenericSingerWriter[bytearray, Message]):
    """Writes 64 KiB at a time, earlier after 50 ms, at once for anything but a RECORD."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()
        self._flushed = 0.0
        self._heads: dict[str, bytes] = {}

    def serialize_message(self, message: Message) -> bytearray:
        """Return a message as a line."""
        return bytearray(_encoder.encode(message.to_dict()) + b"\n")

    def write_message(self, message: Message) -> None:
        """Write a message of the SDK."""
        self.write(message.to_dict())

    def write(self, message: dict[str, Any]) -> None:
        """Write a message at once, behind what waits."""
        self.add(message)
        self.flush()

    def add(self, message: dict[str, Any]) -> None:
        """Add a message's line to the burst."""
        buffer = self._buffer
        self._encode(message, len(buffer))
        buffer += b"\n"
        if len(buffer) >= BURST:
            self.flush()

    def add_row(self, stream: str, row: dict[str, Any], tail: bytes) -> None:
        """Add a RECORD's line; `tail` is what `tail_of` gives for the message that it comes from."""
        head = self._heads.get(stream)
        if head is None:
            head = self._heads[stream] = b'{"type":"RECORD","stream":' + _encoder.encode(stream) + b',"record":'
        buffer = self._buffer
        before = len(buffer)
        buffer += head
        self._encode(row, before)
        buffer += tail
        if len(buffer) >= BURST:
            self.flush()

    def _encode(self, value: dict[str, Any], before: int) -> None:
        """Add a value; what can't be written leaves the burst as it was `before`."""
        try:
            _encoder.encode_into(value, self._buffer, -1)
        except BaseException:
            del self._buffer[before:]
            raise

    def flush_late(self) -> None:
        """Hand over what has waited 50 ms."""
        if time.monotonic() - self._flushed >= LATEST:
            self.flush()

    def flush(self) -> None:
        """Hand over what is written so far."""
        self._flushed = time.monotonic()
        if not self._buffer:
            return
        burst, self._buffer = self._buffer, bytearray()
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:
            sys.stdout.write(burst.decode())
        else:
            binary.write(burst)
        sys.stdout.flush()


def tail_of(message: dict[str, Any]) -> bytes:
    """Return the end of the lines of a RECORD's rows: time_extracted is theirs too."""
    extracted = message.get("time_extracted")
    return b"}\n" if extracted is None else b',"time_extracted":' + _encoder.encode(extracted) + b"}\n"


class ChunkReader(GenericSingerReader[bytes]):
    """Reads what is there in one go; calls `idle` before it waits for more, `busy` when more is there."""

    def __init__(self) -> None:
        super().__init__()
        self.idle: Callable[[], None] = _nothing
        self.busy: Callable[[], None] = _nothing
        self.unreadable: Callable[[bytes, str], None] = _refuse
        self.line_bytes = 0
        self._stopped = False
        self._waiting = False

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input."""
        return sys.stdin.buffer

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Read a line. Raises InvalidInputLine, without the line: it holds people's data."""
        try:
            message = _decode(line)
        except msgspec.DecodeError as error:
            raise InvalidInputLine(f"no JSON: {error}") from None
        except (UnicodeDecodeError, RecursionError, decimal.InvalidOperation) as error:
            raise InvalidInputLine(UNREADABLE[type(error)]) from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise InvalidInputLine("no Singer message: it has no type")
        return message

    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> collections.Counter[str]:
        """Call the callback of each line's type, `unreadable` for a line that has none; returns how many of each."""
        counts: collections.Counter[str] = collections.Counter()
        read = self.deserialize_json
        for number, line in enumerate(self._lines(file_input or sys.stdin), 1):
            if not line or line.isspace():
                continue
            self.line_bytes = len(line)
            try:
                message = read(line)
                kind = message["type"]
                callback = callbacks.get(kind)
                if callback is None or (lacking := _lacking(message)):
                    raise InvalidInputLine("of an unknown type" if callback is None else lacking)  # noqa: TRY301
                callback(message)
            except InvalidInputLine as why:
                self.unreadable(line, f"line {number} can't be read: {why}")
            else:
                counts[kind] += 1
        return counts

    def stop(self) -> None:
        """End after the lines at hand; a reader that waits for more ends at once."""
        self._stopped = True
        if self._waiting:
            raise _StopReading

    def _lines(self, stream: IO[Any]) -> Iterator[bytes]:
        descriptor = _descriptor(stream)
        if descriptor is None:
            yield from (line.encode() if isinstance(line, str) else line for line in stream)
            return
        rest = b""
        while chunk := self._chunk(descriptor):
            *lines, rest = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
            yield from lines
        if rest:
            yield rest

    def _chunk(self, descriptor: int) -> bytes:
        if select.select([descriptor], [], [], 0)[0]:
            self.busy()
        else:
            self.idle()
        try:
            self._waiting = True
            return b"" if self._stopped else os.read(descriptor, CHUNK)
        except _StopReading:
            return b""
        finally:
            self._waiting = False


class _StopReading(Exception):  # noqa: N818 - it is no error
    """Leave a read that waits."""


def read_off(seconds: float = READ_OFF_SECONDS) -> None:
    """Take and drop what still comes in.

    Meltano answers a pipe that closes under its hands with pages of traceback, which hide the line that says why.
    """
    descriptor, until = _descriptor(sys.stdin), time.monotonic() + seconds
    if descriptor is None or os.isatty(descriptor):
        return
    while (left := until - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0] and not os.read(descriptor, CHUNK):
            return


def _nothing() -> None:
    """Do nothing when idle."""


def _lacking(message: dict[str, Any]) -> str:
    """Say what a message lacks; empty when it lacks nothing."""
    kind = message["type"]
    needed = NEEDED.get(kind, {})
    gone = next((name for name, one in needed.items() if name not in message or not isinstance(message[name], one)), "")
    return f"a {kind} has no {gone}" if gone else ""


def _refuse(_line: bytes, why: str) -> None:
    raise InvalidInputLine(why)


def _descriptor(stream: IO[Any]) -> int | None:
    """Return the file descriptor of a real file or pipe, None for a stream in memory."""
    try:
        return stream.fileno()
    except (OSError, AttributeError):
        return None
