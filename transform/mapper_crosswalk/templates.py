"""Templates: text with {path | transform} places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.kinds import SCALARS, of
from mapper_crosswalk.scope import BROKEN, Scope, Value, pipe_from_text
from mapper_crosswalk.texts import as_text

if TYPE_CHECKING:
    from mapper_crosswalk.document import Node
    from mapper_crosswalk.paths import Getter

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_SEPARATORS = " \t\n,;:/|·•–—-"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "“": "”", '"': '"'}


def compile_template(node: Node, scope: Scope) -> Value:
    """Compile a template; missing when all its places are, in an id when one is."""
    try:
        literals, texts = split(node.value)
    except ValueError as error:
        scope.find(node, f"a lone '{error}' in the template; write it twice for the character itself")
        return BROKEN
    places = [pipe_from_text(text, node, scope) for text in texts]
    for text, place in zip(texts, places, strict=True):
        if place is not BROKEN and not place.kind.kinds <= SCALARS:
            scope.find(node, f"a template takes text and numbers, '{text}' is {place.kind}")
    if not places:
        scope.find(node, "the template has no {path}; for a fixed text write {const: …}")
    nullable = (any if scope.strict else all)(place.kind.nullable for place in places)
    kind = of("string", nullable=nullable)
    paths = tuple(path for place in places for path in place.paths)
    return Value(_filled(literals, [place.get for place in places], strict=scope.strict), kind, paths=paths)


def skeleton(template: str) -> tuple[str, str]:
    """Return the fixed text at a template's start and end."""
    literals, _ = split(template)
    return literals[0], literals[-1]


def split(template: str) -> tuple[list[str], list[str]]:
    """Return the literals and, between them, the texts of the places. Raises ValueError for a lone brace."""
    literals, places, at = [""], [], 0
    for match in _PLACE.finditer(template):
        literals[-1] += template[at : match.start()]
        at = match.end()
        if match.group(1) is not None:
            places.append(match.group(1))
            literals.append("")
        elif len(match.group(0)) > 1:
            literals[-1] += match.group(0)[0]
        else:
            raise ValueError(match.group(0))
    literals[-1] += template[at:]
    return literals, places


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
    """Fill in what is there; around what is missing, brackets go and one separator of two stays."""
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
        kept[-1] = _ended(kept[-1])
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


def _ended(literal: str) -> str:
    return literal.rstrip(_SEPARATORS)
