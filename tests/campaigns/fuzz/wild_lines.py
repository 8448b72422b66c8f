"""The streams of nonsense: for each target alone, and for the mapper before one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from back_lines import back_record, back_schemas
from hypothesis import strategies as st
from nonsense import JUNK, LINE, TOKEN, Draw, Line, Message, broken, encoded, mutated
from shop_lines import KEYS, crm_record, crm_schemas, source_record, tap_schema

NO_SCHEMAS: list[Any] = [None, 3, [], {}, {"properties": None}, {"properties": [1]}, {"properties": {"a": 7}}]
BAD_SCHEMAS: list[Any] = [
    {"$ref": "#/nowhere"},
    {"$ref": "http://127.0.0.1:9/a.json"},
    {"type": "tpye"},
    {"pattern": "("},
]
BAD_SCHEMAS = [*NO_SCHEMAS, {"type": 5, "properties": {}}, *({"properties": {"a": bad}} for bad in BAD_SCHEMAS)]
NO_STREAMS: list[Any] = [None, 7, [], {}, True]
ELSEWHERE = ["boxs", "Boxes", "nowhere", "", "*", "a" * 400, "\x1b[2J", "café", "users"]
NO_RECORDS: list[Any] = [None, 5, "text", [], [{}], True]


def crm_lines(draw: Draw) -> Sequence[Line]:
    """Lines for target-streak."""
    way: Way = draw(st.sampled_from([*WAYS, *[partial(_special, crm_schemas())] * 9]))
    return way(draw, crm_record(draw(st.integers(0, 11))))


def back_lines(draw: Draw) -> Sequence[Line]:
    """Lines for target-clarity."""
    way: Way = draw(st.sampled_from([*WAYS, *[partial(_special, back_schemas())] * 9]))
    return way(draw, back_record(draw(st.integers(0, 4))))


def shop_lines(draw: Draw) -> Sequence[Line]:
    """Lines for the mapper."""
    way: Way = draw(st.sampled_from([*WAYS, *[_shop_special] * 9]))
    return way(draw, source_record(draw(st.integers(0, 4))))


def _good(_draw: Draw, message: Message) -> Sequence[Line]:
    return [Line(_line(message), mark=TOKEN)]


def _mutated(draw: Draw, message: Message) -> Sequence[Line]:
    return [Line(encoded(draw, message | {"record": mutated(draw, message["record"])}), mark=TOKEN)]


def _broken(draw: Draw, message: Message) -> Sequence[Line]:
    return [Line(broken(draw, message), mark=TOKEN)]


def _incomplete(draw: Draw, message: Message) -> Sequence[Line]:
    return [Line(_line(_crippled(draw, message)), mark=TOKEN)]


def _elsewhere(draw: Draw, message: Message) -> Sequence[Line]:
    return [Line(_line(message | {"stream": draw(st.sampled_from(ELSEWHERE))}), "ignored")]


def _blank(draw: Draw, _message: Message) -> Sequence[Line]:
    return [Line(draw(st.sampled_from([b"", b"   ", b"\t", b"\r"])), "said")]


def _state(_draw: Draw, _message: Message) -> Sequence[Line]:
    return [Line(_line({"type": "STATE", "value": {"at": TOKEN}}), "said")]


Way = Callable[[Draw, Message], Sequence[Line]]
OFTEN: list[tuple[int, Way]] = [(15, _good), (55, _mutated), (8, _broken), (5, _incomplete), (3, _elsewhere)]
OFTEN += [(2, _blank), (3, _state)]
WAYS = [way for often, way in OFTEN for _ in range(often)]


def _crippled(draw: Draw, message: Message) -> Message:
    """Leave out or spoil what a RECORD can't do without."""
    ways: list[Message] = [message | {"record": value} for value in NO_RECORDS]
    ways += [message | {"stream": value} for value in NO_STREAMS]
    ways += [{name: part for name, part in message.items() if name != gone} for gone in ("record", "stream", "type")]
    ways += [{"type": "STATE"}, {"type": "STATE", "value": 5}, {"type": "STATE", "value": [TOKEN]}]
    chosen: Message = draw(st.sampled_from(ways))
    return chosen


def _bad_schema(draw: Draw, good: Message, schemas: list[Any]) -> Line:
    ways = [good | {"schema": value} for value in schemas]
    ways += [{name: part for name, part in good.items() if name != gone} for gone in ("stream", "schema")]
    ways += [good | {"stream": value} for value in NO_STREAMS] + [good | {"key_properties": 5}]
    return Line(_line(draw(st.sampled_from(ways))))


def _special(schemas: dict[str, Message], draw: Draw, message: Message) -> Sequence[Line]:
    good = schemas[message["stream"]]
    record = Line(_line(message), mark=TOKEN)
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return [_bad_schema(draw, good, BAD_SCHEMAS), record]
    if kind == 1:
        other = {name: {"type": draw(st.sampled_from(["integer", "object", "null"]))} for name in message["record"]}
        wrong = good | {"schema": good["schema"] | {"properties": other}}
        return [Line(_line(wrong), "said"), record, Line(_line(good), "said")]
    reject = {"stream": "orders", "key": TOKEN, "reason": "no", "path": "order-box.name", "record": {"a": TOKEN}}
    reject = draw(st.sampled_from([reject, reject, mutated(draw, reject), draw(st.sampled_from(JUNK))]))
    return [Line(encoded(draw, {"type": "RECORD", "stream": "rejected_records", "record": reject}))]


def _shop_special(draw: Draw, message: Message) -> Sequence[Line]:
    schema = tap_schema(message["stream"])
    return [_bad_schema(draw, schema, NO_SCHEMAS), Line(_line(message), mark=TOKEN), Line(_line(schema), "said")]


def _line(message: Message) -> bytes:
    return json.dumps(message).encode()


def crm_head() -> list[Line]:
    """The SCHEMAs; that of meetings is left for later, so that some come before it."""
    return [Line(_line(message), "said") for stream, message in crm_schemas().items() if stream != "meetings"]


def back_head() -> list[Line]:
    """The SCHEMAs; that of invoices is left for later."""
    return [Line(_line(message), "said") for stream, message in back_schemas().items() if stream != "invoices"]


def shop_head() -> list[Line]:
    """The SCHEMAs of the tap; that of payments is left for later."""
    return [Line(_line(tap_schema(stream)), "said") for stream in KEYS if stream != "payments"]


def with_late_schema_and_giants(schema: Message, lines: list[Line], message: Message) -> list[Line]:
    """Put the missing SCHEMA behind a twentieth of the lines, and a record of 5 MB behind every 250."""
    giant = Line(_line(message | {"record": message["record"] | {"notes": "x" * LINE}}))
    found = []
    for number, line in enumerate(lines):
        found += [Line(_line(schema), "said")] if number == len(lines) // 20 else []
        found += [giant] if number % 250 == 249 else []
        found.append(line)
    return found
