"""Singer lines that nobody would send, drawn by hypothesis: the same seed gives the same lines."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Message = dict[str, Any]
Draw = Any

TOKEN = "q000000q"
BOX = "b000000b"
LINE = 5 << 20
DEEP = {f"@deep{depth}@": b"[" * depth + b"]" * depth for depth in (20, 200, 2_000, 100_000)}
DEEP |= {f"@maps{depth}@": b'{"a":' * depth + b"1" + b"}" * depth for depth in (20, 500, 20_000)}
RAW = {"@digits@": b"9" * 5000, "@big@": b"1e99999999999999999999", "@tiny@": b"-1e-400", "@control@": b'"a\x01\x02b"'}
RAW |= {"@half@": b'"\\ud83d"', "@utf8@": b'"caf\xe9 \xff"', "@twice@": b'{"a":1,"a":2}', "@long@": b"0." + b"3" * 900}
RAW |= {f"@huge{size}@": b'"' + b"x" * size + b'"' for size in (300, 20_000, 600_000)}
PLACEHOLDER = re.compile(rb'"(@[a-z]+\d*@)"')

JUNK: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    2**200,
    0.1,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\t\n",
    "null",
]
JUNK += [
    "\x00",
    "\x1b[31mred",
    "\u202eabc",
    "\ud800",
    "a\udfffb",
    "😀" * 40,
    "0",
    "NaN",
    "-",
    "../../etc",
    "'; DROP TABLE links",
]
JUNK += ["2026-13-45T99:00:00Z", "2026-02-30", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59+23:59", "+1 512 555 0100"]
JUNK += [
    "@",
    "a@b@c",
    "ada@",
    "http://[",
    "%s %d {0}",
    "%",
    "a/b?c=d#e",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"": ""},
    {"a": [1]},
]
JUNK += [["a"] * 300, {"$ref": "#"}, {"key": "x"}, *DEEP, *RAW]

TEXT = st.text(max_size=20)
VALUES = st.one_of(st.sampled_from(JUNK), st.sampled_from(JUNK), TEXT, st.integers(), st.floats())
NAMES = st.one_of(st.sampled_from(["", "key", "externalId", "__proto__", "a.b", "\x00", "@", "x" * 300]), TEXT)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and what is to become of it: `kept` (an effect or a letter), `ignored`, or `said` (no record)."""

    data: bytes
    fate: str = "kept"
    mark: str = ""


def lines(count: int, number: int, make: Callable[[Draw], Sequence[Line]]) -> list[Line]:
    """Draw lines; `make(draw)` gives those of one example, in which TOKEN and BOX are put in only now."""
    found: list[Line] = []
    drawn = [0, 0]

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        made = make(data.draw)
        drawn[0] += 1
        if b'"boxes"' in made[0].data:
            drawn[1] = drawn[0]
        found.extend(_numbered(line, *drawn) for line in made)

    collect()
    return found


def _numbered(line: Line, number: int, box: int) -> Line:
    data = line.data.replace(TOKEN.encode(), token(number).encode()).replace(BOX.encode(), token(box).encode())
    return Line(data, line.fate, token(number) if line.mark else "")


def token(number: int) -> str:
    """What every line of one example carries, to be found again."""
    return f"q{number:06}q"


def encoded(draw: Draw, message: Any) -> bytes:
    """Write a message as JSON the careless way: NaN, half characters and what stands for monsters included."""
    if draw(st.booleans()):
        data = json.dumps(message).encode()
    else:
        data = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return PLACEHOLDER.sub(_monster, data)


def _monster(found: re.Match[bytes]) -> bytes:
    name = found[1].decode()
    return DEEP.get(name) or RAW.get(name) or found[0]


def mutated(draw: Draw, value: Any) -> Any:
    """Change one to three things somewhere inside."""
    for _ in range(draw(st.integers(1, 3))):
        value = _changed(draw, value)
    return value


def _changed(draw: Draw, value: Any) -> Any:
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return draw(st.sampled_from(INSIDE))(draw, dict(value), name)
    if isinstance(value, list) and value and draw(st.booleans()):
        return [*value[:-1], _changed(draw, value[-1])]
    return draw(VALUES)


def _replace(draw: Draw, value: Message, name: str) -> Any:
    return value | {name: draw(VALUES)}


def _deeper(draw: Draw, value: Message, name: str) -> Any:
    return value | {name: _changed(draw, value[name])}


def _drop(_draw: Draw, value: Message, name: str) -> Any:
    del value[name]
    return value


def _rename(draw: Draw, value: Message, name: str) -> Any:
    value[draw(NAMES)] = value.pop(name)
    return value


def _extra(draw: Draw, value: Message, _name: str) -> Any:
    return value | {draw(NAMES): draw(VALUES)}


def _wrap(_draw: Draw, value: Message, name: str) -> Any:
    return value | {name: [value[name]]}


def _swap(draw: Draw, value: Message, name: str) -> Any:
    other = draw(st.sampled_from(sorted(value)))
    return value | {name: value[other], other: value[name]}


INSIDE = [_replace, _replace, _replace, _deeper, _deeper, _drop, _rename, _extra, _wrap, _swap]


def broken(draw: Draw, message: Message) -> bytes:
    """Break the line itself; it still holds no line feed, and is no message any more."""
    data = json.dumps(message).encode()
    cut = draw(st.integers(1, len(data) - 2))
    kinds = [
        data[:cut],
        data[:cut] + b"\xff\xfe" + data[cut:],
        data[cut:],
        b"[" + data + b"]",
        json.dumps(cut).encode(),
    ]
    kinds += [
        b'"just text"',
        b"null",
        b"{",
        b"\x00\x01\x02",
        b"<html>",
        b"{'type': 'RECORD'}",
        data + data,
        b'{"type":' * 2000,
    ]
    kinds += [
        b'{"type": "RECORD"',
        b"{}",
        b'{"type": null}',
        b'{"type": "SURPRISE", "stream": "boxes"}',
        b'{"type": ["RECORD"]}',
    ]
    # what is left of a message in front or behind may be a value of its own, and blank lines are none
    return draw(st.sampled_from(kinds)).strip() or b"?"
