"""The JSON Schema of mapping files for editors: the one that the loader reads by, with the transforms of a pipe."""

from typing import Any

from mapper_crosswalk.compile.transforms import TRANSFORMS
from mapper_crosswalk.syntax.grammar import FORMAT, SHAPES

PATH = r"[^|]+"


def mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema of a mapping file."""
    pattern = rf"^{PATH}(\|\s*({'|'.join(sorted(TRANSFORMS))})\s*(:.*)?)*$"
    pipe = {"type": "string", "pattern": pattern, "description": _transform_help()}
    return {**FORMAT, "definitions": {**SHAPES, "pipe": pipe}}


def _transform_help() -> str:
    lines = ["path | transform | transform:argument"]
    for name, transform in TRANSFORMS.items():
        argument = f":{transform.argument}" if transform.argument else ""
        lines.append(f"{name}{f'[{argument}]' if transform.optional else argument} – {transform.about}")
    return "\n".join(lines)
