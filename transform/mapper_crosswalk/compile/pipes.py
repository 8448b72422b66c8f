"""Pipes, and templates with pipes as their places, compiled into functions with their types."""

from typing import Any

from singer_rest import Node, suggest

from mapper_crosswalk.compile.scope import BROKEN, Scope, Value, nothing
from mapper_crosswalk.compile.transforms import TRANSFORMS, ArgumentError, Bound, Transform
from mapper_crosswalk.syntax.expressions import parse_pipe, split_template, write_path
from mapper_crosswalk.types.kinds import ANYTHING, SCALARS, Type, accepts, of
from mapper_crosswalk.types.paths import Getter, UnknownPathError, fitting_types, follow, getter
from mapper_crosswalk.values.texts import as_text

_SEPARATORS = " \t\n,;:/|·•–—-"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "“": "”", '"': '"'}


def compile_pipe(node: Node, scope: Scope) -> Value:
    """Compile a node that must be `path | transform`."""
    if isinstance(node.value, str):
        return pipe_from_text(node.value, node, scope)
    scope.note(node, "must be a path, as in customer.email | lower")
    return BROKEN


def pipe_from_text(text: str, node: Node, scope: Scope) -> Value:
    """Compile a pipe that stands in a text (a template's place, a condition's left side)."""
    pipe = parse_pipe(text)
    if pipe is None:
        scope.note(node, f"'{text}' is no path; for a fixed text write {{const: …}}")
        return BROKEN
    source: Type | None = None
    try:
        source = follow(pipe.path, scope.kind, scope.present)
    except UnknownPathError as error:
        scope.note(node, _unknown(error, scope))
    kind, steps = source, []
    what = f"'{write_path(pipe.path)}'"
    for name, argument in pipe.transforms:
        bound = _bind(name, argument, kind, what, node, scope)
        kind = bound.gives if bound else None
        steps += [(bound.step, bound.on_missing)] if bound else []
        what = f"what {name} gives"
    get = nothing if source is None else getter(pipe.path, source, tuple(steps))
    fits = fitting_types(source) if source is not None and len(pipe.path) == 1 and not pipe.transforms else None
    plain = (pipe.path[0], fits) if fits is not None else None
    return Value(get, kind or ANYTHING, paths=(pipe.path,), origins=(pipe.path,), plain=plain)


def _unknown(error: UnknownPathError, scope: Scope) -> str:
    if not scope.arriving:
        return error.describe(scope.stream)
    path = write_path((*error.parent, error.name))
    stream = scope.stream.partition(".")[2]
    return f"mapping needs {stream}.{path}, but the tap does not give it; is the field deselected?"


def _bind(  # noqa: PLR0913, PLR0917 - the finding says what the transform is applied to
    name: str, argument: str | None, given: Type | None, what: str, node: Node, scope: Scope
) -> Bound | None:
    transform = TRANSFORMS.get(name)
    if transform is None:
        scope.note(node, f"unknown transform '{name}'{suggest(name, TRANSFORMS)}")
        return None
    if argument is not None and not transform.argument:
        scope.note(node, f"{name} takes no argument")
    if given is None:
        return None
    if not accepts(Type(transform.takes), given):
        scope.note(node, f"{name} takes {Type(transform.takes)}, {what} is {given}{_remedy(transform, given)}")
        return None
    try:
        return transform.bind(given, argument, scope.setup)
    except ArgumentError as problem:
        hint = suggest(argument or "", scope.setup.tables) if name == "replace" else ""
        scope.note(node, f"{name} {problem}{hint}")
        return None


def _remedy(transform: Transform, given: Type) -> str:
    if "string" in transform.takes and given.kinds <= {"number", "integer", "boolean"}:
        return "; put '| string' before it"
    if transform.takes == {"instant", "date"} and "string" in given.kinds:
        return "; put '| instant' before it"
    return ""


def compile_template(node: Node, scope: Scope) -> Value:
    """Compile a template; missing when all its places are, in an id when one is."""
    try:
        literals, texts = split_template(node.value)
    except ValueError as error:
        scope.note(node, f"a lone '{error}' in the template; write it twice for the character itself")
        return BROKEN
    places = [pipe_from_text(text, node, scope) for text in texts]
    for text, place in zip(texts, places, strict=True):
        if place is not BROKEN and not place.kind.kinds <= SCALARS:
            scope.note(node, f"a template takes text and numbers, '{text}' is {place.kind}")
    if not places:
        scope.note(node, "the template has no {path}; for a fixed text write {const: …}")
    nullable = (any if scope.strict else all)(place.kind.nullable for place in places)
    paths = tuple(path for place in places for path in place.paths)
    get = _filled(literals, [place.get for place in places], strict=scope.strict)
    return Value(get, of("string", nullable=nullable), paths=paths)


def _filled(literals: list[str], gets: list[Getter], *, strict: bool) -> Getter:
    first, rest = literals[0], literals[1:]

    def fill(record: Any) -> str | None:
        values = [get(record) for get in gets]
        if None in values:
            return None if strict else fill_gaps(literals, values)
        text = first
        for value, literal in zip(values, rest, strict=True):
            text += (value if type(value) is str else as_text(value)) + literal
        return text

    return fill


def fill_gaps(literals: list[str], values: list[Any]) -> str | None:
    """Join literals and the values that are not missing; around a gap brackets go and one separator of two stays."""
    if all(value is None for value in values):
        return None
    texts: list[str] = []
    kept = [literals[0]]
    for value, literal in zip(values, literals[1:], strict=True):
        if value is None:
            kept[-1] = _closed(kept[-1], literal, first=not texts)
        else:
            texts.append(as_text(value))
            kept.append(literal)
    if values[-1] is None:
        kept[-1] = kept[-1].rstrip(_SEPARATORS)
    return "".join([kept[0], *(text + literal for text, literal in zip(texts, kept[1:], strict=True))]).strip()


def _closed(left: str, right: str, *, first: bool) -> str:
    """Join the literals on both sides of a gap."""
    if left and right and _BRACKETS.get(left[-1]) == right[0]:
        left, right = left[:-1], right[1:]
    if first and not left.strip(_SEPARATORS):
        return right.lstrip(_SEPARATORS)
    before, after = left.rstrip(_SEPARATORS), right.lstrip(_SEPARATORS)
    between, behind = left[len(before) :], right[: len(right) - len(after)]
    return before + (between if between.strip() or not behind.strip() else behind) + after
