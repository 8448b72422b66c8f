"""Conditions: one line each, checked against types, compiled into tests."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.dates import read_instant
from mapper_crosswalk.findings import near, suggest
from mapper_crosswalk.literals import read_literal
from mapper_crosswalk.paths import Getter, Path, implied
from mapper_crosswalk.scope import BROKEN, Scope, Value, pipe_from_text

if TYPE_CHECKING:
    from mapper_crosswalk.document import Node
    from mapper_crosswalk.kinds import Type

Test = Callable[[Any], bool]
World = frozenset[Path]

_LINE = re.compile(
    r"(?P<left>.+?)\s+(?:(?P<there>exists|missing)|(?P<op>==|!=|>=|<=|>|<)\s*(?P<literal>.+)"
    r"|(?P<member>not\s+in|in)\s*\[(?P<list>.*)\])\s*",
    re.DOTALL,
)
_ITEM = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[^,]+?)\s*(?:,|$)")
_FORM = "a condition is: path exists, path missing, path == value, path in [a, b]"
ORDERED = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
MAX_WORLDS = 32
COMBINED = ("any", "not")
SORTABLE = frozenset({"number", "integer", "instant", "date"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of a record; when it holds, the paths of one of the worlds are there."""

    test: Test
    worlds: tuple[World, ...] = (frozenset(),)

    @property
    def present(self) -> World:
        """Return the paths that are there whenever the condition holds."""
        return frozenset[Path].intersection(*self.worlds)


def always(_record: Any) -> bool:
    """Hold for every record."""
    return True


ALWAYS = Condition(always)


def compile_condition(node: Node, scope: Scope) -> Condition:
    """Compile a line, a list (all), `{any: …}` or `{not: …}`."""
    if isinstance(node.value, str):
        return _line(node, scope)
    if isinstance(node.value, list):
        return _all(node.value, scope)
    if isinstance(node.value, dict) and len(node.value) == 1:
        name, part = next(iter(node.value.items()))
        if name == "any" and isinstance(part.value, list):
            return _any(part.value, scope.at("any"))
        if name == "not":
            test = compile_condition(part, scope.at("not")).test
            return Condition(lambda record: not test(record))
        scope.find(node, f"unknown condition '{name}'{suggest(name, COMBINED)}; {_FORM}")
        return ALWAYS
    scope.find(node, _FORM)
    return ALWAYS


def _all(nodes: list[Node], scope: Scope) -> Condition:
    conditions = []
    for index, node in enumerate(nodes):
        condition = compile_condition(node, replace(scope, where=f"{scope.where}[{index}]"))
        scope = scope.knowing(condition.present)
        conditions.append(condition)
    tests = tuple(condition.test for condition in conditions)
    worlds = _together([condition.worlds for condition in conditions])
    if len(tests) == 1:
        return Condition(tests[0], worlds)
    return Condition(lambda record: all(test(record) for test in tests), worlds)


def _together(several: list[tuple[World, ...]]) -> tuple[World, ...]:
    """Return what may hold when all do; beyond some combinations only what is common to them."""
    if math.prod(map(len, several)) > MAX_WORLDS:
        several = [(frozenset[Path].intersection(*worlds),) for worlds in several]
    return tuple(frozenset[Path]().union(*worlds) for worlds in itertools.product(*several))


def _any(nodes: list[Node], scope: Scope) -> Condition:
    conditions = [
        compile_condition(node, replace(scope, where=f"{scope.where}[{at}]")) for at, node in enumerate(nodes)
    ]
    tests = tuple(condition.test for condition in conditions)
    worlds = tuple(dict.fromkeys(world for condition in conditions for world in condition.worlds))
    return Condition(lambda record: any(test(record) for test in tests), worlds or ALWAYS.worlds)


def _line(node: Node, scope: Scope) -> Condition:
    match = _LINE.fullmatch(node.value.strip())
    if match is None:
        scope.find(node, f"'{node.value}' is no condition; {_FORM}")
        return ALWAYS
    left = pipe_from_text(match["left"], node, scope)
    present = frozenset(path for one in left.paths for path in implied(one))
    if match["there"]:
        test = _exists(left.get)
        if match["there"] == "missing":
            return Condition(lambda record: not test(record))
        return Condition(test, (present,))
    if match["member"]:
        member = " ".join(match["member"].split())
        wanted = [_literal(item, left, node, scope) for item in _ITEM.findall(match["list"])]
        return _negated(_member(left.get, wanted), present, negate=member == "not in")
    literal = _literal(match["literal"], left, node, scope)
    if match["op"] in ORDERED:
        return Condition(_ordered(match["op"], left, literal, node, scope), (present,))
    return _negated(_equal(left, literal, scope), present, negate=match["op"] == "!=")


def _negated(test: Test, present: frozenset[Path], *, negate: bool) -> Condition:
    return Condition(lambda record: not test(record)) if negate else Condition(test, (present,))


def _exists(get: Getter) -> Test:
    def test(record: Any) -> bool:
        value = get(record)
        return value is not None and value != [] and not (type(value) is str and not value.strip())

    return test


def _literal(text: str, left: Value, node: Node, scope: Scope) -> Any:
    if left is BROKEN:
        return None
    value, problem = read_literal(text, left.kind, scope.setup.zone)
    path = node.value.split()[0]
    if problem:
        scope.find(node, f"'{path}' {problem}")
    elif unknown := _unknown_value(value, left.kind):
        scope.find(node, f"'{path}' has no value '{value}'{unknown}")
    return value


def _unknown_value(value: Any, kind: Type) -> str | None:
    """Return a suggestion when a closed value is not there, or an open one looks misspelled."""
    there = kind.known if kind.values is None else kind.values
    names = [str(known) for known in there]
    if not there or value in there or (kind.values is None and near(str(value), names) is None):
        return None
    return suggest(str(value), names)


def _member(get: Getter, wanted: list[Any]) -> Test:
    among = frozenset(wanted)
    return lambda record: get(record) in among


def _equal(left: Value, literal: Any, scope: Scope) -> Test:
    get, zone = left.get, scope.setup.zone
    if "instant" not in left.kind.kinds or literal is None:
        return lambda record: get(record) == literal
    moment = read_instant(literal, zone)

    def test(record: Any) -> bool:
        value = get(record)
        return value is not None and read_instant(value, zone) == moment

    return test


def _ordered(name: str, left: Value, literal: Any, node: Node, scope: Scope) -> Test:
    compare, get, zone = ORDERED[name], left.get, scope.setup.zone
    if left.kind.kinds and not left.kind.kinds <= SORTABLE:
        scope.find(node, f"{name} compares numbers and dates, '{node.value.split()[0]}' is {left.kind}")
        return always
    dated = left.kind.kinds & {"instant", "date"} or isinstance(literal, str)
    if literal is None:
        return always
    wanted = read_instant(literal, zone) if dated else literal

    def test(record: Any) -> bool:
        value = get(record)
        return value is not None and bool(compare(read_instant(value, zone) if dated else value, wanted))

    return test
