"""Pipes: a path and its transforms, compiled into one function."""

from mapper_crosswalk.compile.scope import BROKEN, Scope, Value, nothing
from mapper_crosswalk.compile.transforms import TRANSFORMS, ArgumentError, Bound, Transform
from mapper_crosswalk.syntax.document import Node
from mapper_crosswalk.syntax.findings import suggest
from mapper_crosswalk.syntax.paths import parse_pipe, write_path
from mapper_crosswalk.types.kinds import ANYTHING, Type, accepts
from mapper_crosswalk.types.paths import UnknownPathError, fitting_types, follow, getter


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
    copied = len(pipe.path) == 1 and not pipe.transforms and kind is not None
    fits = fitting_types(kind) if copied and kind is not None else None
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
