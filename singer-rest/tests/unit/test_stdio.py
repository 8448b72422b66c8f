"""Singer lines in and out, over pipes of this process."""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import UnreadableLine
from singer_rest.plugin.stdio import BurstWriter, SingerReader, drain_input, record_end
from singer_sdk.singerlib import RecordMessage, StateMessage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end to write to of a pipe that standard input reads."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield write


def record(number: int) -> bytes:
    return json.dumps({"type": "RECORD", "stream": "things", "record": {"n": number}}).encode() + b"\n"


def numbers(reader: SingerReader, file_input: Any = None) -> list[Any]:
    seen: list[Any] = []
    reader.process_lines(file_input, {"RECORD": lambda message: seen.append(message["record"]["n"])})
    return seen


def test_lines_come_whole_however_the_pipe_cuts_them(pipe: int) -> None:
    os.write(pipe, record(1) + record(2)[:10])
    reader, idle = SingerReader(), iter([record(2)[10:] + b"\n" + record(3)[:-1]])

    def go_on() -> None:
        if rest := next(idle, None):
            os.write(pipe, rest)
        else:
            os.close(pipe)

    reader.on_idle = go_on
    assert numbers(reader) == [1, 2, 3]
    assert reader.line_number == 4


def test_it_says_when_it_waits_and_when_there_is_more(pipe: int) -> None:
    os.write(pipe, record(1))
    reader, calls = SingerReader(), list[str]()
    reader.on_busy = lambda: calls.append("busy")

    def end() -> None:
        calls.append("idle")
        os.close(pipe)

    reader.on_idle = end
    assert numbers(reader) == [1]
    assert calls == ["busy", "idle"]


@pytest.mark.parametrize(("finish_chunk", "seen"), [(False, [1]), (True, [1, 2])])
def test_it_stops_before_the_next_line_or_behind_those_at_hand(pipe: int, finish_chunk: bool, seen: list[int]) -> None:  # noqa: FBT001
    os.write(pipe, record(1) + record(2))
    reader, read = SingerReader(), list[int]()

    def take(message: dict[str, Any]) -> None:
        read.append(message["record"]["n"])
        reader.stop(finish_chunk=finish_chunk)

    reader.process_lines(None, {"RECORD": take})
    os.close(pipe)
    assert read == seen


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{nope", "no JSON"),
        (b"[1]", "no type"),
        (b'{"type": 5}', "no type"),
        (b'{"type": "NEWS"}', "type is not known"),
        (b'{"type": "RECORD", "record": NaN}', "no JSON"),
        (b'{"type": "RECORD", "record": 1.5e999999999999999999999}', "exponent"),
        (b'{"type": "RECORD", "record": "\xff"}', "UTF-8"),
        (b'{"type": "RECORD", "record": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_what_is_no_message_is_handed_over_with_its_number(line: bytes, why: str) -> None:
    reader, unreadable = SingerReader(), list[tuple[bytes, int, str]]()
    reader.on_unreadable = lambda *what: unreadable.append(what)
    assert numbers(reader, io.BytesIO(record(1) + line + b"\n" + record(3))) == [1, 3]
    assert unreadable[0][:2] == (line + b"\n", 2)
    assert why in unreadable[0][2]


def test_an_unreadable_line_ends_the_run_where_nobody_takes_it() -> None:
    with pytest.raises(UnreadableLine, match="line 2 of the input can't be read: no JSON"):
        numbers(SingerReader(), io.StringIO(record(1).decode() + "nope\n"))


def test_money_keeps_its_digits() -> None:
    text = b'{"type":"RECORD","stream":"s","record":{"n":208.380}}'
    assert numbers(SingerReader(), io.BytesIO(text)) == [Decimal("208.380")]


def test_what_still_comes_in_is_dropped(pipe: int) -> None:
    os.write(pipe, b"x" * 1000)
    os.close(pipe)
    drain_input()
    assert sys.stdin.read() == ""


def lines_of(capture: pytest.CaptureFixture[bytes]) -> list[bytes]:
    return capture.readouterr().out.splitlines()


def test_a_record_is_one_line_with_the_digits_it_came_with(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    writer, at = BurstWriter(), datetime(2026, 5, 2, tzinfo=UTC)
    writer.add_record("orders", {"total": Decimal("208.380")}, record_end(at))
    writer.add_record("orders", {"total": 1})
    assert lines_of(capsysbinary) == [
        b'{"type":"RECORD","stream":"orders","record":{"total":208.380},"time_extracted":"2026-05-02T00:00:00Z"}',
        b'{"type":"RECORD","stream":"orders","record":{"total":1}}',
    ]


def test_messages_of_the_sdk_and_plain_ones_come_in_order(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    writer = BurstWriter()
    writer.write_message(RecordMessage(stream="orders", record={"n": 1}))
    writer.add({"type": "RECORD", "stream": "orders", "record": {"n": 2}})
    writer.write_message(StateMessage(value={"at": 2}))
    kinds = [json.loads(line)["type"] for line in lines_of(capsysbinary)]
    assert kinds == ["RECORD", "RECORD", "STATE"]


def test_half_a_surrogate_pair_becomes_a_question_mark(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    writer = BurstWriter()
    writer.add_record("orders", {"note": "a\ud800b"})
    writer.add({"type": "STATE", "value": "\udfff"})
    assert [json.loads(line) for line in lines_of(capsysbinary)] == [
        {"type": "RECORD", "stream": "orders", "record": {"note": "a?b"}},
        {"type": "STATE", "value": "?"},
    ]


def test_records_wait_for_each_other_and_a_state_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.set_blocking(read, False)
    with os.fdopen(write, "w") as stdout, os.fdopen(read, "rb", 0) as reader:
        monkeypatch.setattr(sys, "stdout", stdout)
        writer = BurstWriter()
        writer.flush()
        writer.add_record("orders", {"n": 1})
        writer.flush_late()
        assert reader.read() is None
        writer.write_message(StateMessage(value={}))
        assert len((reader.read() or b"").splitlines()) == 2
        del writer
