"""Dead letters from the shell: list, show, retry, discard, export."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import click
import msgspec

from singer_rest.errors import FatalRunError, masked
from singer_rest.ledger import DeadLetter, Ledger

_COLUMNS = ("id", "stream", "external id", "kind", "code", "tries", "last try", "next try")
_WIDEST = 30
_JSON = msgspec.json.Encoder(decimal_format="number")
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (Decimal, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
_FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?"),
}


class HasLedger(Protocol):
    """A target, as far as letters need it."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""


def dead_letters(target: HasLedger, action: str, options: Mapping[str, Any]) -> None:
    """Do what `dead-letters ACTION [--stream S] [--code C] [--all] [ID …]` says. Raises FatalRunError."""
    ACTIONS[action](target.ledger, options)


def table(letters: Sequence[DeadLetter], now: datetime) -> Iterator[str]:
    """Letters as lines of a table, the reason below each."""
    rows = [_cells(letter, now) for letter in letters]
    widths = [min(_WIDEST, max(map(len, column))) for column in zip(_COLUMNS, *rows, strict=True)]
    yield _row(_COLUMNS, widths) if rows else "no dead letters"
    for letter, row in zip(letters, rows, strict=True):
        yield _row(row, widths)
        yield f"{'':{widths[0]}}  {letter.reason}"
    if rows:
        yield f"{len(rows)} dead letter{'s' * (len(rows) > 1)}"


def _cells(letter: DeadLetter, now: datetime) -> tuple[str, ...]:
    names = (letter.stream, masked(letter.external_id), letter.kind, letter.code)
    return (str(letter.id), *names, str(letter.attempts), _short(letter.last_at), _next(letter, now))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    fitting = (
        cell if len(cell) <= width else f"{cell[: width - 1]}…" for cell, width in zip(cells, widths, strict=True)
    )
    return "  ".join(cell.ljust(width) for cell, width in zip(fitting, widths, strict=True)).rstrip()


def _short(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _next(letter: DeadLetter, now: datetime) -> str:
    if letter.waits_for:
        return f"after {letter.waits_for[0]}"
    if letter.next_try_at is None:
        return "—"
    return "next run" if letter.next_try_at <= now else _short(letter.next_try_at)


def whole(letter: DeadLetter) -> Iterator[str]:
    """Everything about one letter, its record too."""
    facts: dict[str, Any] = {
        "id": letter.id,
        "status": letter.status,
        "stream": letter.stream,
        "external id": letter.external_id,
        "flow": letter.flow,
        "kind": letter.kind,
        "code": letter.code,
        "reason": letter.reason,
        "waits for": " ".join(letter.waits_for) if letter.waits_for else "—",
        "tries": letter.attempts,
        "first": letter.first_at.isoformat(timespec="seconds"),
        "last": letter.last_at.isoformat(timespec="seconds"),
        "next try": letter.next_try_at.isoformat(timespec="seconds") if letter.next_try_at else "—",
    }
    yield from (f"{name:<12} {fact}" for name, fact in facts.items())
    for name, part in (("source", letter.source), ("record", letter.record)):
        yield f"{name}:"
        yield msgspec.json.format(_JSON.encode(part), indent=2).decode()


def singer_lines(letters: Iterable[DeadLetter]) -> Iterator[str]:
    """SCHEMA and RECORD lines of the source records that the mapper could not map, each once."""
    by_stream: dict[str, dict[str, DeadLetter]] = {}
    for letter in letters:
        if letter.kind == "mapper" and "_left_out" not in letter.record:
            by_stream.setdefault(letter.stream, {})[letter.external_id] = letter
    for stream, by_id in by_stream.items():
        records = [letter.record for letter in by_id.values()]
        keys, bookmarks = _key_properties(by_id), _bookmarks(by_id.values())
        names = {"key_properties": keys, "bookmark_properties": bookmarks}
        yield _line({"type": "SCHEMA", "stream": stream, "schema": _schema(records), **names})
        for record in records:
            yield _line({"type": "RECORD", "stream": stream, "record": record})


def _line(message: dict[str, Any]) -> str:
    return _JSON.encode(message).decode()


def _key_properties(letters: Mapping[str, DeadLetter]) -> list[str]:
    """The property whose value is the key in every letter; none for keys of several properties."""
    first = next(iter(letters.values())).record
    return [name for name in first if all(str(letter.record.get(name)) == key for key, letter in letters.items())][:1]


def _bookmarks(letters: Iterable[DeadLetter]) -> list[str]:
    """The property that says in every letter when the source changed."""
    pairs = [(letter.record, letter.source.get("updatedAt")) for letter in letters]
    return [name for name in pairs[0][0] if all(time and record.get(name) == time for record, time in pairs)][:1]


def _schema(values: Sequence[Any]) -> dict[str, Any]:
    """What a value may be, judged by those that are there."""
    names = {_type_of(value) for value in values if value is not None}
    schema: dict[str, Any] = {"type": [*sorted(names), "null"]}
    if names == {"string"} and (form := _format_of([value for value in values if value is not None])):
        schema["format"] = form
    if "object" in names:
        objects = [value for value in values if isinstance(value, dict)]
        properties = {name: None for value in objects for name in value}
        schema["properties"] = {name: _schema([value.get(name) for value in objects]) for name in properties}
    if "array" in names:
        schema["items"] = _schema([item for value in values if isinstance(value, list) for item in value])
    return schema


def _format_of(texts: Sequence[str]) -> str | None:
    """Say that all are dates or instants: a mapping may ask for one."""
    return next((name for name, form in _FORMATS.items() if all(form.fullmatch(text) for text in texts)), None)


def _type_of(value: Any) -> str:
    return next(name for kind, name in _TYPES if isinstance(value, kind))


def chosen(ledger: Ledger, options: Mapping[str, Any]) -> list[DeadLetter]:
    """The open letters that the command line means: ids, else all of `--stream` and `--code`, else (`--all`) all."""
    ids, stream, code = set(options.get("ids") or ()), options.get("stream"), options.get("code")
    matching = [letter for letter in ledger.dead_letters.all(stream=stream) if code in {None, letter.code}]
    if missing := ids - {letter.id for letter in matching}:
        unknown = ", ".join(map(str, sorted(missing)))
        raise FatalRunError(f"no open dead letter has the id {unknown}: see `dead-letters list`")
    return [letter for letter in matching if letter.id in ids] if ids else matching


def _named(ledger: Ledger, options: Mapping[str, Any]) -> list[DeadLetter]:
    if not any(options.get(name) for name in ("ids", "stream", "code", "all")):
        raise FatalRunError("which dead letters? Give their ids, --stream, --code or --all")
    return chosen(ledger, options)


def _list(ledger: Ledger, options: Mapping[str, Any]) -> None:
    for line in table(chosen(ledger, options), datetime.now(UTC)):
        click.echo(line)


def _show(ledger: Ledger, options: Mapping[str, Any]) -> None:
    for number in options.get("ids") or ():
        if (letter := ledger.dead_letters.get(number)) is None:
            raise FatalRunError(f"no dead letter has the id {number}: see `dead-letters list`")
        for line in whole(letter):
            click.echo(line)
    if not options.get("ids"):
        raise FatalRunError("which dead letter? Give its id")


def _retry(ledger: Ledger, options: Mapping[str, Any]) -> None:
    letters = _named(ledger, options)
    count = ledger.dead_letters.retry([letter.id for letter in letters])
    click.echo(f"{count} to be tried again")
    if count < len(letters):
        click.echo(f"{len(letters) - count} must go through the mapper again: `dead-letters export`", err=True)


def _discard(ledger: Ledger, options: Mapping[str, Any]) -> None:
    count = sum(ledger.dead_letters.discard(letter.id) for letter in _named(ledger, options))
    click.echo(f"{count} discarded")


def _export(ledger: Ledger, options: Mapping[str, Any]) -> None:
    for line in singer_lines(chosen(ledger, options)):
        click.echo(line)


ACTIONS: dict[str, Callable[[Ledger, Mapping[str, Any]], None]] = {
    "list": _list,
    "show": _show,
    "retry": _retry,
    "discard": _discard,
    "export": _export,
}
