"""The JSON Schema of mapping files, made from the declarations that the loader uses."""

from typing import Any

from mapper_crosswalk.compile.transforms import TRANSFORMS
from mapper_crosswalk.syntax.grammar import DIRECTIVES, SHAPES, Key

Schema = dict[str, Any]

PATH = r"[^|]+"
SCALAR = {"type": ["string", "number", "boolean"]}


def mapping_schema() -> Schema:
    """Return the JSON Schema of a mapping file."""
    shapes = {name: _shape(keys) for name, keys in SHAPES.items()}
    directives = {f"{name} directive": _shape(keys) for name, keys in DIRECTIVES.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Mapping of mapper-crosswalk",
        **shapes.pop("mapping"),
        "definitions": {**shapes, **directives, **_values()},
    }


def _values() -> dict[str, Schema]:
    names = "|".join(sorted(TRANSFORMS))
    options = [{"$ref": f"#/definitions/{name} directive"} for name in DIRECTIVES]
    value = {"$ref": "#/definitions/value"}
    condition = {"$ref": "#/definitions/condition"}
    return {
        "value": {
            "anyOf": [
                {"$ref": "#/definitions/pipe"},
                {"type": "array", "items": value},
                *options,
                {"type": "object", "additionalProperties": value},
            ],
        },
        "pipe": {"type": "string", "pattern": rf"^{PATH}(\|\s*({names})\s*(:.*)?)*$", "description": _transform_help()},
        "condition": {
            "description": "path exists, path missing, path == value, path in [a, b]; a list means all",
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": condition},
                {"type": "object", "properties": {"any": {"type": "array", "items": condition}}, "required": ["any"]},
                {"type": "object", "properties": {"not": condition}, "required": ["not"]},
            ],
        },
    }


def _transform_help() -> str:
    lines = ["path | transform | transform:argument"]
    for name, transform in TRANSFORMS.items():
        argument = f":{transform.argument}" if transform.argument else ""
        lines.append(f"{name}{f'[{argument}]' if transform.optional else argument} – {transform.about}")
    return "\n".join(lines)


def _shape(keys: tuple[Key, ...]) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": {key.name: _key(key) for key in keys},
        "additionalProperties": False,
    }
    required = [key.name for key in keys if key.required]
    return {**schema, "required": required} if required else schema


def _key(key: Key) -> Schema:
    schema: Schema = {"description": key.about, **_taken(key.takes)}
    return {**schema, "enum": list(key.choices)} if key.choices else schema


def _taken(takes: str) -> Schema:
    if takes.startswith("map of "):
        shape = takes.removeprefix("map of ")
        each: Schema = {"$ref": f"#/definitions/{shape}"}
        table = {"anyOf": [each, _PLAIN["rows"]]}
        return {"type": "object", "additionalProperties": table if shape == "table" else each}
    return _PLAIN.get(takes) or {"$ref": f"#/definitions/{takes}"}


_PLAIN: dict[str, Schema] = {
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "integer": {"type": "integer"},
    "any": {"type": ["string", "number", "boolean", "null", "array", "object"]},
    "values": {"type": "array", "items": {"$ref": "#/definitions/value"}, "minItems": 1},
    "watched": {"anyOf": [{"type": "string"}, {"$ref": "#/definitions/change"}]},
    "literals": {"type": "array", "minItems": 1, "items": SCALAR},
    "rows": {"type": "array", "minItems": 1, "items": {"type": "array", "items": SCALAR, "minItems": 2, "maxItems": 2}},
}
