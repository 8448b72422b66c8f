"""Where a value is compiled, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.findings import suggest
from mapper_crosswalk.kinds import ANYTHING, Type, accepts
from mapper_crosswalk.paths import (
    Getter,
    Path,
    UnknownPathError,
    describe_unknown,
    fitting_types,
    follow,
    getter,
    parse_pipe,
)
from mapper_crosswalk.paths import write_path as path_text
from mapper_crosswalk.transforms import TRANSFORMS, ArgumentError, Bound, Setup, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mapper_crosswalk.document import Node
    from mapper_crosswalk.findings import Findings


class _Null:
    """A null that is meant, where None means missing."""

    def __repr__(self) -> str:
        return "NULL"


NULL = _Null()


@dataclass(frozen=True, slots=True)
class Scope:
    """The record's type and what is known of it, the place in the file, and where findings go."""

    kind: Type
    stream: str
    setup: Setup
    findings: Findings
    where: str
    present: frozenset[Path] = frozenset()
    arriving: bool = False
    clear: bool = False
    strict: bool = False

    def at(self, name: str) -> Scope:
        """Return the scope of a part."""
        return replace(self, where=f"{self.where}.{name}" if self.where else name)

    def knowing(self, paths: frozenset[Path]) -> Scope:
        """Return the scope where these paths are there."""
        return replace(self, present=self.present | paths)

    def inside(self, kind: Type, name: str) -> Scope:
        """Return the scope of a list's item."""
        return replace(self, kind=kind, stream=f"{self.stream}.{name}", present=frozenset(), clear=False)

    def find(self, node: Node, what: str) -> None:
        """Note a mistake at a node."""
        self.findings.add(node.line, self.where, what)


@dataclass(frozen=True, slots=True)
class Value:
    """A compiled value: `get` returns None when missing, NULL for a null that is meant.

    `plain` is a property that is only copied, and the Python types that fit: the fast path of objects.
    """

    get: Getter
    kind: Type = ANYTHING
    equivalent: tuple[tuple[Any, ...], ...] = ()
    null: bool = False
    children: Mapping[str, Value] | None = None
    paths: tuple[Path, ...] = ()
    plain: tuple[str, frozenset[type]] | None = None


def nothing(_record: Any) -> None:
    """Stand in for a value that has a finding."""


BROKEN = Value(nothing)


def compile_pipe(node: Node, scope: Scope) -> Value:
    """Compile `path | transform`."""
    return pipe_from_text(node.value, node, scope) if isinstance(node.value, str) else _no_pipe(node, scope)


def _no_pipe(node: Node, scope: Scope) -> Value:
    scope.find(node, "must be a path, as in customer.email | lower")
    return BROKEN


def pipe_from_text(text: str, node: Node, scope: Scope) -> Value:
    """Compile a pipe that stands in a text (a template's place, a condition's left side)."""
    pipe = parse_pipe(text)
    if pipe is None:
        scope.find(node, f"'{text}' is no path; for a fixed text write {{const: …}}")
        return BROKEN
    try:
        kind = follow(pipe.path, scope.kind, scope.present)
    except UnknownPathError as error:
        scope.find(node, _unknown(error, scope))
        kind = None
    get = getter(pipe.path, kind) if kind is not None else nothing
    bounds: list[Bound] = []
    what = f"'{path_text(pipe.path)}'"
    for name, argument in pipe.transforms:
        bound = _bind((name, argument), kind, what, node, scope)
        kind = bound.gives if bound else None
        bounds += [bound] if bound else []
        what = f"what {name} gives"
    copied = kind is not None and len(pipe.path) == 1 and not pipe.transforms
    fits = fitting_types(kind) if copied and kind is not None else None
    plain = (pipe.path[0], fits) if fits is not None else None
    return Value(_piped(get, bounds), kind or ANYTHING, paths=(pipe.path,), plain=plain)


def _unknown(error: UnknownPathError, scope: Scope) -> str:
    if scope.arriving:
        path = path_text((*error.parent, error.name))
        stream = scope.stream.partition(".")[2]
        return f"mapping needs {stream}.{path}, but the tap does not give it; is the field deselected?"
    return describe_unknown(error, scope.stream)


def _bind(  # the finding says what the transform is applied to
    written: tuple[str, str | None], given: Type | None, what: str, node: Node, scope: Scope
) -> Bound | None:
    name, argument = written
    transform = TRANSFORMS.get(name)
    if transform is None:
        scope.find(node, f"unknown transform '{name}'{suggest(name, TRANSFORMS)}")
        return None
    if argument is not None and not transform.argument and name != "default":
        scope.find(node, f"{name} takes no argument")
    if given is None:
        return None
    if not accepts(Type(transform.takes), given):
        scope.find(node, f"{name} takes {Type(transform.takes)}, {what} is {given}{_remedy(transform, given)}")
        return None
    try:
        return transform.bind(given, argument, scope.setup)
    except ArgumentError as problem:
        scope.find(node, f"{name} {problem}{_table_hint(name, argument, scope)}")
        return None


def _table_hint(name: str, argument: str | None, scope: Scope) -> str:
    return suggest(argument or "", scope.setup.tables) if name == "replace" else ""


def _remedy(transform: Transform, given: Type) -> str:
    wanted = Type(transform.takes)
    if "string" in wanted.kinds and given.kinds <= {"number", "integer", "boolean"}:
        return "; put '| string' before it"
    if wanted.kinds == {"instant", "date"} and "string" in given.kinds:
        return "; put '| instant' before it"
    return ""


def _piped(get: Getter, bounds: list[Bound]) -> Getter:
    if not bounds:
        return get
    if any(bound.on_missing is not None for bound in bounds):
        return _with_default(get, bounds)
    if len(bounds) == 1:
        return _one_step(get, bounds[0])
    return _many_steps(get, bounds)


def _one_step(get: Getter, bound: Bound) -> Getter:
    step = bound.step

    def piped(record: Any) -> Any:
        value = get(record)
        return None if value is None else step(value)

    return piped


def _many_steps(get: Getter, bounds: list[Bound]) -> Getter:
    steps = [bound.step for bound in bounds]

    def piped(record: Any) -> Any:
        value = get(record)
        for step in steps:
            if value is None:
                return None
            value = step(value)
        return value

    return piped


def _with_default(get: Getter, bounds: list[Bound]) -> Getter:
    def piped(record: Any) -> Any:
        value = get(record)
        for bound in bounds:
            value = bound.on_missing if value is None else bound.step(value)
        return value

    return piped
