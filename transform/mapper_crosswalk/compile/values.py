"""Values: pipes, lists, objects and the directives, compiled into functions with their types."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from singer_rest import Node, near, suggest

from mapper_crosswalk.compile.conditions import compile_condition
from mapper_crosswalk.compile.pipes import compile_pipe, compile_template
from mapper_crosswalk.compile.scope import BROKEN, NULL, Scope, Value, nothing
from mapper_crosswalk.compile.transforms import ArgumentError, scalar_items
from mapper_crosswalk.syntax.expressions import Path
from mapper_crosswalk.syntax.grammar import DIRECTIVES, directive_of, read_keys
from mapper_crosswalk.types.kinds import ANYTHING, Type, accepts, distinct, of, of_literal, union
from mapper_crosswalk.types.paths import Getter
from mapper_crosswalk.values.texts import as_text
from mapper_crosswalk.values.unmappable import UnmappableError, unmappable

Parts = dict[str, Node]


def compile_value(node: Node, scope: Scope, wanted: Type = ANYTHING) -> Value:
    """Compile any value; `wanted` is the type of the target's property."""
    if isinstance(node.value, str):
        return compile_pipe(node, scope)
    if isinstance(node.value, list):
        return _list(node, scope)
    if isinstance(node.value, dict):
        return _mapping(node, scope, wanted)
    shown = "null" if node.value is None else as_text(node.value)
    scope.note(node, f"a fixed value is written {{const: {shown}}}")
    return BROKEN


def _mapping(node: Node, scope: Scope, wanted: Type) -> Value:
    name = directive_of(node)
    if name is not None:
        parts = read_keys(node, DIRECTIVES[name], scope.where, scope.findings)
        complete = all(key in parts for key in DIRECTIVES[name]["required"])
        return COMPILERS[name](parts, scope) if complete else BROKEN
    if wanted.kinds and "object" not in wanted.kinds:
        keys = ", ".join(node.value)
        meant = next((close for key in node.value if (close := near(key, DIRECTIVES))), None)
        hint = f", did you mean '{meant}'?" if meant else suggest("", DIRECTIVES)
        scope.note(node, f"unknown directive '{keys}'{hint}")
        return BROKEN
    return compile_object(node, scope, wanted)


def compile_object(node: Node, scope: Scope, wanted: Type) -> Value:
    """Compile `{field name: value, …}`; each part is checked against the wanted property."""
    children: dict[str, Value] = {}
    for name, part in node.value.items():
        inner = scope.at(name)
        kind = property_type(name, part, wanted, inner)
        child = compile_value(part, inner, kind)
        check_type(child, kind, part, inner)
        children[name] = child
    kind = Type(frozenset({"object"}), properties={name: child.kind for name, child in children.items()})
    return Value(object_getter(children, clear=scope.clear), kind.sure(), children=children)


def _list(node: Node, scope: Scope) -> Value:
    parts = [compile_value(part, scope.item(index)) for index, part in enumerate(node.value)]
    gets = tuple(part.get for part in parts)
    if not parts:
        scope.note(node, "an empty list gives nothing; write {const: []} to send one")

    def get(record: Any) -> list[Any] | None:
        return [value for get in gets if (value := get(record)) is not None and value is not NULL] or None

    items = union(part.kind for part in parts).sure()
    kind = of("array", items=items, nullable=all(part.kind.nullable for part in parts))
    return Value(get, kind, origins=_paths(part.origins for part in parts))


def _const(parts: Parts, _scope: Scope) -> Value:
    value = parts["const"].plain()
    if value is None:
        return Value(lambda _record: NULL, of_literal(None), null=True)
    return Value(lambda _record: value, of_literal(value))


def _first(parts: Parts, scope: Scope) -> Value:
    node = parts["first"]
    if not isinstance(node.value, list) or not node.value:
        scope.note(node, "first needs a list of values")
        return BROKEN
    values = [compile_value(part, scope.at("first").item(index)) for index, part in enumerate(node.value)]
    gets = tuple(value.get for value in values)

    def get(record: Any) -> Any:
        for get_value in gets:
            value = get_value(record)
            if value is not None:
                return value
        return None

    kind = union(value.kind for value in values)
    return _either(values, get, kind if all(value.kind.nullable for value in values) else kind.sure())


def _either(values: list[Value], get: Getter, kind: Type) -> Value:
    """Return a value that is one of several, with all that is known of them."""
    return Value(
        get,
        kind,
        equivalent=distinct(group for value in values for group in value.equivalent),
        null=any(value.null for value in values),
        paths=_paths(value.paths for value in values),
        origins=_paths(value.origins for value in values),
    )


def _paths(several: Iterable[tuple[Path, ...]]) -> tuple[Path, ...]:
    return tuple(path for paths in several for path in paths)


def _when(parts: Parts, scope: Scope) -> Value:
    condition = compile_condition(parts["when"], scope.at("when"))
    then = compile_value(parts["then"], scope.at("then").knowing(condition.present))
    other = compile_value(parts["else"], scope.at("else")) if "else" in parts else None
    test, get_then, get_else = condition.test, then.get, other.get if other else nothing

    def get(record: Any) -> Any:
        return get_then(record) if test(record) else get_else(record)

    if other is None:
        return _either([then], get, then.kind.unsure())
    return _either([then, other], get, union([then.kind, other.kind]))


def _each(parts: Parts, scope: Scope) -> Value:
    listed = compile_pipe(parts["each"], scope)
    if listed.kind.kinds and "array" not in listed.kind.kinds:
        scope.note(parts["each"], f"each goes through a list, '{parts['each'].value}' is {listed.kind}")
        return BROKEN
    kind = (listed.kind.items or ANYTHING).sure()
    value = compile_value(parts["do"], scope.inside(kind, str(parts["each"].value)).at("do"))
    get_list, get_item = listed.get, value.get

    def get(record: Any) -> list[Any] | None:
        items = get_list(record)
        if items is None:
            return None
        values = (get_item(item) for item in items if item is not None)
        return [value for value in values if value is not None and value is not NULL] or None

    return Value(get, of("array", items=value.kind.sure(), nullable=True), origins=listed.origins)


def _join(parts: Parts, scope: Scope) -> Value:
    listed = compile_value(parts["join"], scope.at("join"))
    between: str = parts["with"].value
    if listed.kind.kinds and listed.kind.kinds != {"array"}:
        scope.note(parts["join"], f"join takes a list, this gives {listed.kind}")
        return BROKEN
    try:
        scalar_items(listed.kind)
    except ArgumentError as problem:
        scope.note(parts["join"], f"join {problem}")
    get_list = listed.get

    def get(record: Any) -> str | None:
        values = get_list(record)
        return None if values is None else between.join(map(as_text, values)) or None

    return Value(get, of("string", nullable=listed.kind.nullable))


def _table(parts: Parts, scope: Scope) -> Value:
    looked_up = compile_pipe(parts["of"], scope)
    name = parts["table"].value
    table = scope.setup.tables.get(name)
    if table is None:
        scope.note(parts["table"], f"unknown table '{name}'{suggest(name, scope.setup.tables)}")
        return BROKEN
    reverse = "reverse" in parts and bool(parts["reverse"].value)
    rows = table.lookup(reverse=reverse)
    other = _otherwise(parts["else"], scope) if "else" in parts else None
    asked = union(of_literal(key).open() for key in rows)
    missing = [str(known) for known in looked_up.kind.known if known not in rows]
    if not accepts(asked, looked_up.kind.open()):
        side = "right" if reverse else "left"
        what = f"table '{name}' has {asked} on the {side}, '{parts['of'].value}' is {looked_up.kind}"
        scope.note(parts["of"], what)
    elif missing and other is None:
        advice = f"add it to tables.{name}, line {table.line}, or say else"
        scope.note(parts["of"], f"table '{name}' has no row for {', '.join(missing)}; {advice}")
    results = union(of_literal(value) for value in distinct(rows.values()))
    row = Value(nothing, results, table.equivalent(reverse=reverse), origins=looked_up.origins)
    values = [row, other] if other else [row]
    kind = union(value.kind for value in values)
    place = f"{' on the right' if reverse else ''}; add one to tables.{name} ({scope.findings.file}, line {table.line})"
    get = _lookup(rows, looked_up.get, other, lambda key: f"table '{name}' has no row for '{key}'{place}")
    return _either(values, get, replace(kind, nullable=looked_up.kind.nullable or kind.nullable))


def _otherwise(node: Node, scope: Scope) -> Value:
    if isinstance(node.value, dict):
        return compile_value(node, scope.at("else"))
    value = node.plain()
    return Value(lambda _record: value, of_literal(value) if value is not None else of_literal(value).unsure())


def _lookup(rows: dict[Any, Any], get: Getter, other: Value | None, refusal: Callable[[Any], str]) -> Getter:
    def look_up(record: Any) -> Any:
        key = get(record)
        if key is None:
            return None
        if key in rows:
            return rows[key]
        if other is not None:
            return other.get(record)
        raise UnmappableError(refusal(key))

    return look_up


COMPILERS: dict[str, Callable[[Parts, Scope], Value]] = {
    "const": _const,
    "template": lambda parts, scope: compile_template(parts["template"], scope),
    "first": _first,
    "table": _table,
    "each": _each,
    "join": _join,
    "when": _when,
}


def property_type(name: str, node: Node, wanted: Type, scope: Scope) -> Type:
    """Return the type of the target's property; an unknown one is a finding."""
    if wanted.properties is not None and name in wanted.properties:
        return wanted.properties[name]
    if wanted.rest is not None:
        return wanted.rest
    if wanted.properties is not None:
        names = [known for known in wanted.properties if not known.startswith("_")]
        scope.note(node, f"the target has no property '{name}'{suggest(name, names)}")
    return ANYTHING


def check_type(value: Value, wanted: Type, node: Node, scope: Scope) -> None:
    """Note when the target wants another type or doesn't know a value."""
    if not accepts(wanted, value.kind):
        scope.note(node, f"the target wants {wanted}, this gives {value.kind}{_remedy(wanted, value.kind)}")
    elif wanted.values is not None and value.kind.values is not None:
        unknown = [given for given in value.kind.values if given not in wanted.values]
        if unknown:
            names = [str(known) for known in wanted.values]
            scope.note(node, f"the target knows no value '{unknown[0]}'{suggest(str(unknown[0]), names)}")


def _remedy(wanted: Type, given: Type) -> str:
    if "array" in wanted.kinds and "array" not in given.kinds:
        return "; write it as a list: [ … ]"
    if "array" in given.kinds:
        return "; join it, or take its first"
    if wanted.kinds == {"string"} and given.kinds <= {"number", "integer", "boolean"}:
        return "; add '| string'"
    return next((f"; add '| {kind}'" for kind in ("instant", "date", "integer", "number") if kind in wanted.kinds), "")


def object_getter(children: Mapping[str, Value], *, clear: bool) -> Getter:
    """Build a function that fills an object; missing values leave their key out, or are null when cleared."""
    parts = tuple((name, *(child.plain or ("", None)), child.get) for name, child in children.items())
    null = any(child.null for child in children.values())

    def get(record: Any) -> dict[str, Any] | None:
        result: dict[str, Any] = {}
        name = ""
        try:
            for name, key, fits, part in parts:
                if fits is not None:
                    value = record.get(key)
                    if type(value) in fits and (value or type(value) is not str):
                        result[name] = value
                        continue
                value = part(record)
                if value is not None:
                    result[name] = value
                elif clear:
                    result[name] = None
        except Exception as error:  # noqa: BLE001 - whatever a record does, it is set aside
            raise unmappable(error).under(name) from None
        if null:
            result = {name: None if value is NULL else value for name, value in result.items()}
        return result or None

    return get
