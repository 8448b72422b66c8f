"""Templates, compiled; what is missing leaves no brackets or doubled separators behind."""

from typing import Any

from mapper_crosswalk.compile.pipes import pipe_from_text
from mapper_crosswalk.compile.scope import BROKEN, Scope, Value
from mapper_crosswalk.syntax.document import Node
from mapper_crosswalk.syntax.templates import split_template
from mapper_crosswalk.types.kinds import SCALARS, of
from mapper_crosswalk.types.paths import Getter
from mapper_crosswalk.values.texts import as_text

_SEPARATORS = " \t\n,;:/|·•–—-"
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "“": "”", '"': '"'}


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
