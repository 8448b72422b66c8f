"""Values: pipes, lists, objects and the directives, compiled into functions with their types."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.conditions import compile_condition
from mapper_crosswalk.findings import near, suggest
from mapper_crosswalk.grammar import DIRECTIVES, read_keys
from mapper_crosswalk.kinds import ANYTHING, Type, accepts, of, of_literal, union
from mapper_crosswalk.paths import Getter, UnmappableError
from mapper_crosswalk.properties import check_type, object_getter, property_type
from mapper_crosswalk.scope import BROKEN, NULL, Scope, Value, compile_pipe, nothing
from mapper_crosswalk.templates import compile_template
from mapper_crosswalk.texts import as_text
from mapper_crosswalk.transforms import ArgumentError, scalar_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from mapper_crosswalk.document import Node
    from mapper_crosswalk.tables import Table


def compile_value(node: Node, scope: Scope, wanted: Type = ANYTHING) -> Value:
    """Compile any value; `wanted` is the type of the target's property."""
    if isinstance(node.value, str):
        return compile_pipe(node, scope)
    if isinstance(node.value, list):
        return _list(node, scope)
    if isinstance(node.value, dict):
        return _mapping(node, scope, wanted)
    shown = "null" if node.value is None else as_text(node.value)
    scope.find(node, f"a fixed value is written {{const: {shown}}}")
    return BROKEN


def _mapping(node: Node, scope: Scope, wanted: Type) -> Value:
    name = directive_of(node)
    if name is not None:
        parts = read_keys(node, DIRECTIVES[name], scope.where, scope.findings)
        complete = all(key.name in parts for key in DIRECTIVES[name] if key.required)
        return COMPILERS[name](parts, scope) if complete else BROKEN
    if wanted.kinds and "object" not in wanted.kinds:
        keys = ", ".join(node.value)
        meant = next((close for key in node.value if (close := near(key, DIRECTIVES))), None)
        hint = f", did you mean '{meant}'?" if meant else suggest("", DIRECTIVES)
        scope.find(node, f"unknown directive '{keys}'{hint}")
        return BROKEN
    return compile_object(node, scope, wanted)


def directive_of(node: Node) -> str | None:
    """Return the directive that a mapping is, None when it is an object."""
    for name, keys in DIRECTIVES.items():
        if name in node.value and (len(node.value) == 1 or any(key.name in node.value for key in keys[1:])):
            return name
    return next((name for name in DIRECTIVES if name in node.value and len(node.value) <= len(DIRECTIVES[name])), None)


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
    parts = [compile_value(part, replace(scope, where=f"{scope.where}[{at}]")) for at, part in enumerate(node.value)]
    gets = tuple(part.get for part in parts)
    if not parts:
        scope.find(node, "an empty list gives nothing; write {const: []} to send one")

    def get(record: Any) -> list[Any] | None:
        return [value for get in gets if (value := get(record)) is not None and value is not NULL] or None

    items = union(part.kind for part in parts).sure()
    return Value(get, of("array", items=items, nullable=all(part.kind.nullable for part in parts)))


def _const(parts: dict[str, Node], _scope: Scope) -> Value:
    value = parts["const"].plain()
    if value is None:
        return Value(lambda _record: NULL, of_literal(None), null=True)
    return Value(lambda _record: value, of_literal(value))


def _template(parts: dict[str, Node], scope: Scope) -> Value:
    return compile_template(parts["template"], scope)


def _first(parts: dict[str, Node], scope: Scope) -> Value:
    node = parts["first"]
    if not isinstance(node.value, list) or not node.value:
        scope.find(node, "first needs a list of values")
        return BROKEN
    values = [compile_value(part, scope.at(f"first[{at}]")) for at, part in enumerate(node.value)]
    gets = tuple(value.get for value in values)

    def get(record: Any) -> Any:
        for one in gets:
            value = one(record)
            if value is not None:
                return value
        return None

    kind = union(value.kind for value in values)
    return _one_of(values, get, kind if all(value.kind.nullable for value in values) else kind.sure())


def _one_of(values: list[Value], get: Getter, kind: Type) -> Value:
    """Return a value that is one of several, with all that they know."""
    equivalent = tuple(dict.fromkeys(group for value in values for group in value.equivalent))
    paths = tuple(path for value in values for path in value.paths)
    return Value(get, kind, equivalent, null=any(value.null for value in values), paths=paths)


def _when(parts: dict[str, Node], scope: Scope) -> Value:
    condition = compile_condition(parts["when"], scope.at("when"))
    then = compile_value(parts["then"], scope.at("then").knowing(condition.present))
    other = compile_value(parts["else"], scope.at("else")) if "else" in parts else None
    test, get_then, get_else = condition.test, then.get, other.get if other else nothing

    def get(record: Any) -> Any:
        return get_then(record) if test(record) else get_else(record)

    if other is None:
        return _one_of([then], get, then.kind.unsure())
    return _one_of([then, other], get, union([then.kind, other.kind]))


def _each(parts: dict[str, Node], scope: Scope) -> Value:
    listed = compile_pipe(parts["each"], scope)
    if listed.kind.kinds and "array" not in listed.kind.kinds:
        scope.find(parts["each"], f"each goes through a list, '{parts['each'].value}' is {listed.kind}")
        return BROKEN
    item = (listed.kind.items or ANYTHING).sure()
    value = compile_value(parts["do"], scope.inside(item, str(parts["each"].value)).at("do"))
    get_list, get_item = listed.get, value.get

    def get(record: Any) -> list[Any] | None:
        items = get_list(record)
        if items is None:
            return None
        done = (get_item(item) for item in items if item is not None)
        return [one for one in done if one is not None and one is not NULL] or None

    return Value(get, of("array", items=value.kind.sure(), nullable=True))


def _join(parts: dict[str, Node], scope: Scope) -> Value:
    listed = compile_value(parts["join"], scope.at("join"))
    between: str = parts["with"].value
    if listed.kind.kinds and listed.kind.kinds != {"array"}:
        scope.find(parts["join"], f"join takes a list, this gives {listed.kind}")
        return BROKEN
    try:
        scalar_items(listed.kind)
    except ArgumentError as problem:
        scope.find(parts["join"], f"join {problem}")
    get_list = listed.get

    def get(record: Any) -> str | None:
        values = get_list(record)
        return None if values is None else between.join(map(as_text, values)) or None

    return Value(get, of("string", nullable=listed.kind.nullable))


def _table(parts: dict[str, Node], scope: Scope) -> Value:
    looked_up = compile_pipe(parts["of"], scope)
    name = parts["table"].value
    table = scope.setup.tables.get(name)
    if table is None:
        scope.find(parts["table"], f"unknown table '{name}'{suggest(name, scope.setup.tables)}")
        return BROKEN
    reverse = "reverse" in parts and bool(parts["reverse"].value)
    other = _otherwise(parts["else"], scope) if "else" in parts else None
    fits = _check_side(table, looked_up.kind, parts["of"], scope, reverse=reverse)
    if fits and other is None:
        _check_rows(table, looked_up.kind, parts["of"], scope, reverse=reverse)
    results = union(of_literal(value) for value in dict.fromkeys(table.side(reverse=reverse).values()))
    values = [Value(nothing, results, table.equivalent(reverse=reverse)), *([other] if other else [])]
    kind = union(value.kind for value in values)
    nullable = looked_up.kind.nullable or kind.nullable
    get = _lookup(table, looked_up.get, other, scope, reverse=reverse)
    return _one_of(values, get, replace(kind, nullable=nullable))


def _otherwise(node: Node, scope: Scope) -> Value:
    if isinstance(node.value, dict):
        return compile_value(node, scope.at("else"))
    value = node.plain()
    return Value(lambda _record: value, of_literal(value) if value is not None else of_literal(value).unsure())


def _check_side(table: Table, kind: Type, node: Node, scope: Scope, *, reverse: bool) -> bool:
    keys = table.side(reverse=reverse)
    asked = union(of_literal(key).open() for key in keys) if keys else ANYTHING
    fits = accepts(asked, kind.open())
    if not fits:
        side = "right" if reverse else "left"
        scope.find(node, f"table '{table.name}' has {asked} on the {side}, '{node.value}' is {kind}")
    return fits


def _check_rows(table: Table, kind: Type, node: Node, scope: Scope, *, reverse: bool) -> None:
    lacking = [str(value) for value in kind.known if value not in table.side(reverse=reverse)]
    if lacking:
        place = f"tables.{table.name}, line {table.line}"
        scope.find(node, f"table '{table.name}' has no row for {', '.join(lacking)}; add it to {place}, or say else")


def _lookup(table: Table, get: Getter, other: Value | None, scope: Scope, *, reverse: bool) -> Getter:
    rows = table.side(reverse=reverse)
    place = f"tables.{table.name} ({scope.findings.file}, line {table.line})"
    side = " on the right" if reverse else ""

    def look_up(record: Any) -> Any:
        key = get(record)
        if key is None:
            return None
        if key in rows:
            return rows[key]
        if other is not None:
            return other.get(record)
        raise UnmappableError(f"table '{table.name}' has no row for '{key}'{side}; add one to {place}")

    return look_up


COMPILERS: dict[str, Callable[[dict[str, Node], Scope], Value]] = {
    "const": _const,
    "template": _template,
    "first": _first,
    "table": _table,
    "each": _each,
    "join": _join,
    "when": _when,
}
