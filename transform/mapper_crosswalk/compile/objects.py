"""Objects: properties that the target knows, of the right type, and the function that fills them."""

from collections.abc import Mapping
from typing import Any

from mapper_crosswalk.compile.scope import NULL, Scope, Value
from mapper_crosswalk.syntax.document import Node
from mapper_crosswalk.syntax.findings import suggest
from mapper_crosswalk.types.kinds import ANYTHING, Type, accepts
from mapper_crosswalk.types.paths import Getter
from mapper_crosswalk.values.unmappable import unmappable


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
