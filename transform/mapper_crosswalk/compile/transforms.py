"""The transforms of a pipe: a closed list, each with the types that it takes and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial
from typing import Any

from mapper_crosswalk.compile.tables import Table
from mapper_crosswalk.syntax.expressions import parse_path
from mapper_crosswalk.types.kinds import (
    ANYTHING,
    SCALARS,
    Type,
    accepts,
    distinct,
    literal_kind,
    of,
    read_guess,
    read_literal,
)
from mapper_crosswalk.types.paths import UnknownPathError, follow, getter
from mapper_crosswalk.values import addresses, dates, texts
from mapper_crosswalk.values.addresses import parts_of

Step = Callable[[Any], Any]

TEXT = frozenset({"string"})
DATES = frozenset({"instant", "date"})
NUMBERS = frozenset({"number"})
LIST = frozenset({"array"})
OBJECT = frozenset({"object"})


class ArgumentError(Exception):
    """What is wrong with a transform's argument or with what it is applied to."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What transforms need from the mapping."""

    zone: tzinfo
    tables: Mapping[str, Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bound:
    """A transform with its argument: the function, and the type that it gives."""

    step: Step
    gives: Type
    on_missing: Any = None


Bind = Callable[[Type, str | None, Setup], Bound]


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform: `takes` kinds (empty: anything), `bind` makes the function and its type."""

    takes: frozenset[str]
    bind: Bind
    about: str
    argument: str = ""
    optional: bool = False


def _simple(step: Step, kind: str, *, may_miss: bool = False) -> Bind:
    def bind(given: Type, _argument: str | None, _setup: Setup) -> Bound:
        return Bound(step, of(kind, nullable=may_miss or given.nullable))

    return bind


_perhaps_text = partial(_simple, kind="string", may_miss=True)


def _cased(step: Callable[[str], str]) -> Bind:
    """A transform of text that keeps known values known."""

    def bind(given: Type, _argument: str | None, _setup: Setup) -> Bound:
        values = None if given.values is None else distinct(step(str(value)) for value in given.values)
        known = distinct(step(str(value)) for value in given.known)
        return Bound(step, replace(of("string", nullable=given.nullable), values=values, known=known))

    return bind


def _dated(step: Callable[[Any, tzinfo], Any], kind: str) -> Bind:
    def bind(given: Type, _argument: str | None, setup: Setup) -> Bound:
        return Bound(lambda value: step(value, setup.zone), of(kind, nullable=given.nullable))

    return bind


def _counted(step: Callable[[Any, int], str], least: int) -> Bind:
    """A transform to text whose argument is a whole number."""

    def bind(given: Type, argument: str | None, _setup: Setup) -> Bound:
        count = _whole(argument, least)
        return Bound(lambda value: step(value, count), of("string", nullable=given.nullable))

    return bind


def _whole(argument: str | None, least: int) -> int:
    if argument is None or not argument.lstrip("-").isdecimal() or int(argument) < least:
        raise ArgumentError(f"takes a whole number from {least}, not '{argument or ''}'")
    return int(argument)


def _trim(given: Type, argument: str | None, setup: Setup) -> Bound:
    return Bound(texts.trim, _cased(str.strip)(given, argument, setup).gives)


def _add_days(given: Type, argument: str | None, setup: Setup) -> Bound:
    days = _whole(argument, -36500)
    return Bound(lambda value: dates.add_days(value, days, setup.zone), given.open())


def _after(given: Type, argument: str | None, _setup: Setup) -> Bound:
    if not argument:
        raise ArgumentError("needs the words at the start, as in after:#shop")
    return Bound(lambda text: texts.after(text, argument), of("string", nullable=given.nullable).unsure())


def _address(given: Type, argument: str | None, _setup: Setup) -> Bound:
    if argument not in {None, "full"}:
        raise ArgumentError("takes nothing or 'full'")
    return Bound(partial(addresses.one_line, full=argument == "full"), of("string", nullable=given.nullable).unsure())


def _address_parts(_given: Type, _argument: str | None, _setup: Setup) -> Bound:
    text = of("string", nullable=True)
    names = ("line1", "line2", "city", "region", "postalCode", "country")
    return Bound(parts_of, replace(of("object", nullable=True), properties=dict.fromkeys(names, text)))


def _item(at: int) -> Bind:
    def bind(given: Type, _argument: str | None, _setup: Setup) -> Bound:
        return Bound(lambda values: values[at] if values else None, (given.items or ANYTHING).unsure())

    return bind


def _unique(given: Type, _argument: str | None, _setup: Setup) -> Bound:
    return Bound(lambda values: [value for at, value in enumerate(values) if value not in values[:at]], given)


def _inside(kind: Type, argument: str | None) -> tuple[Step, Type]:
    path = parse_path(argument or "")
    if path is None:
        raise ArgumentError("needs a path, as in get:sku")
    try:
        inner = follow(path, kind)
    except UnknownPathError as error:
        raise ArgumentError(error.describe("the value")) from None
    return getter(path, inner), inner


def _get(given: Type, argument: str | None, _setup: Setup) -> Bound:
    step, inner = _inside(given, argument)
    return Bound(step, inner.unsure() if given.nullable else inner)


def _sum(given: Type, argument: str | None, _setup: Setup) -> Bound:
    items = given.items or ANYTHING
    step, added = (_same, items) if argument is None else _inside(items, argument)
    if not accepts(of("number"), added):
        raise ArgumentError(f"adds numbers, '{argument or 'the item'}' is {added}")
    kind = "integer" if added.kinds == {"integer"} else "number"
    return Bound(lambda values: texts.total(map(step, values)), of(kind, nullable=given.nullable))


def _same(value: Any) -> Any:
    return value


def _join(given: Type, argument: str | None, _setup: Setup) -> Bound:
    if argument is None:
        raise ArgumentError('needs what stands between, as in join:", "')
    scalar_items(given)

    def join(values: list[Any]) -> str | None:
        return argument.join(texts.as_text(value) for value in values if value is not None) or None

    return Bound(join, of("string", nullable=True))


def scalar_items(given: Type) -> None:
    """Raise ArgumentError when a list's items can't be written as text."""
    if given.items and not given.items.kinds <= SCALARS:
        raise ArgumentError(f"joins texts and numbers, the items are {given.items}")


def _default(given: Type, argument: str | None, setup: Setup) -> Bound:
    if argument is None:
        raise ArgumentError("needs a value, as in default:none")
    value, problem = read_literal(argument, given, setup.zone) if given.kinds <= SCALARS else (None, "")
    if not given.kinds:
        value, problem = read_guess(argument), None
    if problem is not None:
        raise ArgumentError(problem or f"can't be given to {given}")
    values = None if given.values is None else distinct((*given.values, value))
    return Bound(_same, replace(given, nullable=False, values=values, known=(*given.known, value)), value)


def _replace(given: Type, argument: str | None, setup: Setup) -> Bound:
    table = setup.tables.get(argument or "")
    if table is None:
        raise ArgumentError(f"knows no table '{argument or ''}'")
    rows = table.lookup()
    values = None if given.values is None else distinct(rows.get(value, value) for value in given.values)
    kinds = given.kinds | {literal_kind(value) for value in rows.values()} if given.kinds else frozenset()
    gives = Type(kinds, nullable=given.nullable, values=values)
    return Bound(lambda value: rows.get(value, value), gives)


TRANSFORMS = {
    "trim": Transform(TEXT, _trim, "without space at both ends; blank text is missing"),
    "lower": Transform(TEXT, _cased(str.lower), "in lower case"),
    "upper": Transform(TEXT, _cased(str.upper), "in upper case"),
    "title": Transform(TEXT, _cased(texts.title), "each word with a capital"),
    "truncate": Transform(TEXT, _counted(texts.truncate, 1), "cut to N characters, the last one an ellipsis", "N"),
    "after": Transform(TEXT, _after, "what follows these words at its start; missing without them", "words"),
    "string": Transform(SCALARS, _simple(texts.as_text, "string"), "as text; numbers without exponent"),
    "number": Transform(TEXT | NUMBERS, _simple(texts.as_number, "number"), "text read as a number, digits kept"),
    "integer": Transform(TEXT | NUMBERS, _simple(texts.as_integer, "integer"), "text or number as a whole number"),
    "decimal": Transform(TEXT | NUMBERS, _counted(texts.decimal, 0), "plain text with at least N decimals", "N"),
    "instant": Transform(TEXT | {"integer"}, _dated(dates.utc, "instant"), "as an ISO instant in UTC"),
    "date": Transform(TEXT | {"integer"}, _dated(dates.local_date, "date"), "the day in the mapping's timezone"),
    "add_days": Transform(DATES, _add_days, "N days later", "N"),
    "next_working_day": Transform(DATES, _dated(dates.next_working_day, "instant"), "09:00 next Monday to Friday"),
    "epoch_ms": Transform(DATES, _dated(dates.epoch_ms, "integer"), "milliseconds since 1970"),
    "count": Transform(LIST, _simple(len, "integer"), "how many items"),
    "sum": Transform(LIST, _sum, "sum of the items, or of a path in each", "path", optional=True),
    "first": Transform(LIST, _item(0), "the first item"),
    "last": Transform(LIST, _item(-1), "the last item"),
    "get": Transform(OBJECT, _get, "a path inside", "path"),
    "unique": Transform(LIST, _unique, "without repeated items"),
    "join": Transform(LIST, _join, "items as one text with this between", "text"),
    "default": Transform(frozenset(), _default, "this when there is no value", "value"),
    "replace": Transform(SCALARS, _replace, "looked up in a table; without a row as it is", "table"),
    "email": Transform(TEXT, _simple(texts.email, "string"), "in one spelling; nonsense is missing"),
    "domain": Transform(TEXT, _perhaps_text(texts.domain), "of an e-mail or web address"),
    "business_domain": Transform(TEXT, _perhaps_text(texts.business_domain), "the domain; missing for free-mail"),
    "given_name": Transform(TEXT, _perhaps_text(texts.given_name), "of a person's whole name"),
    "family_name": Transform(TEXT, _perhaps_text(texts.family_name), "of a person's whole name"),
    "phone": Transform(TEXT, _simple(texts.phone, "string"), "with single spaces"),
    "address_parts": Transform(TEXT, _address_parts, "an address on one line, taken apart by its country's order"),
    "address": Transform(OBJECT, _address, "on one line in the country's order", "full", optional=True),
}
