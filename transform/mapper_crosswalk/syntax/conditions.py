"""Comparisons as they are written: one line of a path, an operator and literals."""

import re
from dataclasses import dataclass

FORM = "a condition is: path exists, path missing, path == value, path in [a, b]"
_LINE = re.compile(
    r"(?P<left>.+?)\s+(?:(?P<presence>exists|missing)|(?P<operator>==|!=|>=|<=|>|<)\s*(?P<literal>.+)"
    r"|(?P<member>not\s+in|in)\s*\[(?P<list>.*)\])\s*",
    re.DOTALL,
)
_ITEM = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[^,]+?)\s*(?:,|$)")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pipe, one of `exists missing == != > >= < <= in` or `not in`, and the literals behind it."""

    left: str
    operator: str
    literals: tuple[str, ...] = ()


def parse_comparison(text: str) -> Comparison | None:
    """Read one line of a condition; None when it is none."""
    match = _LINE.fullmatch(text.strip())
    if match is None:
        return None
    if match["presence"]:
        return Comparison(match["left"], match["presence"])
    if match["member"]:
        return Comparison(match["left"], " ".join(match["member"].split()), tuple(_ITEM.findall(match["list"])))
    return Comparison(match["left"], match["operator"], (match["literal"],))
