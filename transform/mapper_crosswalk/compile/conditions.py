"""Conditions: compared values checked against types, compiled into tests of a record."""

import itertools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from singer_rest import Node, near, suggest

from mapper_crosswalk.compile.pipes import pipe_from_text
from mapper_crosswalk.compile.scope import BROKEN, Scope, Value
from mapper_crosswalk.syntax.expressions import FORM, Path, implied, parse_comparison
from mapper_crosswalk.types.kinds import Type, read_literal
from mapper_crosswalk.types.paths import Getter
from mapper_crosswalk.values.dates import read_instant

Test = Callable[[Any], bool]
Paths = frozenset[Path]

ORDERED = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
OPPOSITES = {"missing", "!=", "not in"}  # they hold for a missing value, too
SORTABLE = frozenset({"number", "integer", "instant", "date"})
MAX_CASES = 32


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of a record; when it holds, all paths of one of the `cases` have a value."""

    test: Test
    cases: tuple[Paths, ...] = (frozenset(),)

    @property
    def present(self) -> Paths:
        """Return the paths that have a value whenever the condition holds."""
        return frozenset[Path].intersection(*self.cases)


ALWAYS = Condition(lambda _record: True)


def compile_condition(node: Node, scope: Scope) -> Condition:
    """Compile a line, a list (all), `{any: …}` or `{not: …}`."""
    if isinstance(node.value, str):
        return _comparison(node, scope)
    if isinstance(node.value, list):
        return _all(node.value, scope)
    if isinstance(node.value, dict) and len(node.value) == 1:
        ((name, part),) = node.value.items()
        if name == "any" and isinstance(part.value, list):
            return _any(part.value, scope.at("any"))
        if name == "not":
            test = compile_condition(part, scope.at("not")).test
            return Condition(lambda record: not test(record))
        scope.note(node, f"unknown condition '{name}'{suggest(name, ('any', 'not'))}; {FORM}")
    else:
        scope.note(node, FORM)
    return ALWAYS


def _all(nodes: list[Node], scope: Scope) -> Condition:
    conditions = []
    for index, node in enumerate(nodes):
        condition = compile_condition(node, scope.item(index))
        scope = scope.knowing(condition.present)
        conditions.append(condition)
    cases = _together([condition.cases for condition in conditions])
    tests = tuple(condition.test for condition in conditions)
    return Condition(tests[0] if len(tests) == 1 else _until(tests, result=False), cases)


def _together(several: list[tuple[Paths, ...]]) -> tuple[Paths, ...]:
    """Return the cases in which all hold; beyond some combinations only what is common to them."""
    if math.prod(map(len, several)) > MAX_CASES:
        several = [(frozenset[Path].intersection(*cases),) for cases in several]
    return tuple(frozenset[Path]().union(*cases) for cases in itertools.product(*several))


def _any(nodes: list[Node], scope: Scope) -> Condition:
    conditions = [compile_condition(node, scope.item(index)) for index, node in enumerate(nodes)]
    tests = tuple(condition.test for condition in conditions)
    cases = tuple(dict.fromkeys(present for condition in conditions for present in condition.cases))
    return Condition(_until(tests, result=True), cases or ALWAYS.cases)


def _until(tests: tuple[Test, ...], *, result: bool) -> Test:
    """Try the tests until one has this result."""

    def tried(record: Any) -> bool:
        for test in tests:
            if test(record) is result:
                return result
        return not result

    return tried


def _comparison(node: Node, scope: Scope) -> Condition:
    line = parse_comparison(node.value)
    if line is None:
        scope.note(node, f"'{node.value}' is no condition; {FORM}")
        return ALWAYS
    left = pipe_from_text(line.left, node, scope)
    literals = [_literal(text, left, node, scope) for text in line.literals]
    holds = line.operator not in OPPOSITES
    if line.operator in ORDERED:
        test = _ordered(line.operator, left, literals[0], node, scope)
    elif line.operator in {"==", "!="}:
        test = _equal(left, literals[0], scope, holds=holds)
    elif line.operator in {"exists", "missing"}:
        test = _exists(left.get, holds=holds)
    else:
        test = _member(left.get, frozenset(literals), holds=holds)
    present = frozenset(path for read in left.paths for path in implied(read))
    return Condition(test, (present,)) if holds else Condition(test)


def _exists(get: Getter, *, holds: bool) -> Test:
    def test(record: Any) -> bool:
        value = get(record)
        return (value is None or value == [] or (type(value) is str and not value.strip())) is not holds

    return test


def _literal(text: str, left: Value, node: Node, scope: Scope) -> Any:
    if left is BROKEN:
        return None
    value, problem = read_literal(text, left.kind, scope.setup.zone)
    path = node.value.split()[0]
    if problem:
        scope.note(node, f"'{path}' {problem}")
    elif unknown := _unknown_value(value, left.kind):
        scope.note(node, f"'{path}' has no value '{value}'{unknown}")
    return value


def _unknown_value(value: Any, kind: Type) -> str | None:
    """Return a suggestion when a closed set has no such value, or when one of an open set looks misspelled."""
    known = kind.known if kind.values is None else kind.values
    names = [str(name) for name in known]
    if not known or value in known or (kind.values is None and near(str(value), names) is None):
        return None
    return suggest(str(value), names)


def _member(get: Getter, among: frozenset[Any], *, holds: bool) -> Test:
    return lambda record: (get(record) in among) is holds


def _equal(left: Value, literal: Any, scope: Scope, *, holds: bool) -> Test:
    get, zone = left.get, scope.setup.zone
    if "instant" not in left.kind.kinds or literal is None:
        return lambda record: (get(record) == literal) is holds
    moment = read_instant(literal, zone)

    def test(record: Any) -> bool:
        value = get(record)
        return (value is not None and read_instant(value, zone) == moment) is holds

    return test


def _ordered(name: str, left: Value, literal: Any, node: Node, scope: Scope) -> Test:
    compare, get, zone = ORDERED[name], left.get, scope.setup.zone
    sortable = left.kind.kinds <= SORTABLE
    if not sortable:
        scope.note(node, f"{name} compares numbers and dates, '{node.value.split()[0]}' is {left.kind}")
    if not sortable or literal is None:
        return ALWAYS.test
    dated = left.kind.kinds & {"instant", "date"} or isinstance(literal, str)
    wanted = read_instant(literal, zone) if dated else literal

    def test(record: Any) -> bool:
        value = get(record)
        return value is not None and bool(compare(read_instant(value, zone) if dated else value, wanted))

    return test
