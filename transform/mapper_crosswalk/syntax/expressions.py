"""Paths, pipes, conditions and templates as they are written: `a.b.0."a name with . in it" | transform:argument`."""

import re
from dataclasses import dataclass

Path = tuple[str, ...]

ITSELF = "."
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_SEGMENT = re.compile(rf"\s*(?:({_QUOTED})|([^.\"'|]+))\s*(?:\.|$)")
_TRANSFORM = re.compile(r"([A-Za-z_]\w*)\s*(?::(.*))?", re.DOTALL)
FORM = "a condition is: path exists, path missing, path == value, path in [a, b]"
_LINE = re.compile(
    r"(?P<left>.+?)\s+(?:(?P<presence>exists|missing)|(?P<operator>==|!=|>=|<=|>|<)\s*(?P<literal>.+)"
    r"|(?P<member>not\s+in|in)\s*\[(?P<list>.*)\])\s*",
    re.DOTALL,
)
_ITEM = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[^,]+?)\s*(?:,|$)")
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@dataclass(frozen=True, slots=True)
class Pipe:
    """A path and the transforms behind it, as (name, argument) pairs."""

    path: Path
    transforms: tuple[tuple[str, str | None], ...] = ()


def parse_path(text: str) -> Path | None:
    """Read a path; None when it is none. `.` is the value itself."""
    if text.strip() == ITSELF:
        return ()
    segments: list[str] = []
    at = 0
    while at < len(text):
        match = _SEGMENT.match(text, at)
        if match is None or not match.group(0):
            return None
        segments.append(match.group(1)[1:-1] if match.group(1) else match.group(2).strip())
        at = match.end()
    if not all(segments) or text.rstrip().endswith("."):
        return None
    return tuple(segments) or None


def parse_pipe(text: str) -> Pipe | None:
    """Read `path | transform | transform:argument`; None when it is none."""
    first, *rest = (piece.strip() for piece in split_pipe(text))
    path = parse_path(first)
    matches = [_TRANSFORM.fullmatch(piece) for piece in rest]
    if path is None or None in matches:
        return None
    return Pipe(path, tuple((match.group(1), match.group(2) and unquote(match.group(2))) for match in matches if match))


def split_pipe(text: str) -> list[str]:
    """Split at `|` outside quotes."""
    pieces, piece, quote = [], "", ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and char in text[text.index(char) + 1 :]:
            quote = char
        if char == "|" and not quote:
            pieces.append(piece)
            piece = ""
        else:
            piece += char
    return [*pieces, piece]


def unquote(text: str) -> str:
    """Strip an argument and take off its quotes."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def write_path(path: Path) -> str:
    """Write a path as it is read."""
    return ".".join(f'"{part}"' if "." in part else part for part in path) or ITSELF


def implied(path: Path) -> set[Path]:
    """Return the paths that must have a value when this one has."""
    return {path[:depth] for depth in range(1, len(path) + 1)}


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


def split_template(template: str) -> tuple[list[str], list[str]]:
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
