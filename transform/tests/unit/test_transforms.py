from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapper_crosswalk.compile.tables import Table
from mapper_crosswalk.compile.transforms import TRANSFORMS, ArgumentError, Setup
from mapper_crosswalk.types.kinds import ANYTHING, from_schema, of
from mapper_crosswalk.values.texts import total
from mapper_crosswalk.values.unmappable import UnmappableError

SETUP = Setup(ZoneInfo("America/Chicago"), {"colours": Table("colours", 1, (("r", "red"),))})
LINES = [{"sku": "A", "price": Decimal("0.10")}, {"sku": "B", "price": Decimal("0.20")}]
LIST = from_schema({"type": "array", "items": {"type": "object", "properties": {"sku": {}, "price": {}}}})


def apply(name: str, value: Any, argument: str | None = None, kind: Any = ANYTHING) -> Any:
    return TRANSFORMS[name].bind(kind, argument, SETUP).step(value)


CASES: list[tuple[str, str | None, Any, Any]] = [
    ("trim", None, "  Acme ", "Acme"),
    ("trim", None, "   ", None),
    ("lower", None, "ÀB", "àb"),
    ("upper", None, "ab", "AB"),
    ("title", None, "o'hara SMITH", "O'hara Smith"),
    ("truncate", "5", "abcdefgh", "abcd…"),
    ("truncate", "8", "abcdefgh", "abcdefgh"),
    ("after", "#shop", " #Shop: gift-wrap it ", "gift-wrap it"),
    ("after", "#shop", "#shopping list", None),
    ("after", "#shop", "for the #shop", None),
    ("after", "#shop", "#shop", None),
    ("address_parts", None, "1 Quay, Cork, Ireland", {"line1": "1 Quay", "city": "Cork", "country": "IE"}),
    ("string", None, Decimal("1E+3"), "1000"),
    ("string", None, True, "true"),
    ("string", None, 7, "7"),
    ("number", None, " 12.50 ", Decimal("12.50")),
    ("integer", None, "12", 12),
    ("integer", None, Decimal("3.0"), 3),
    ("decimal", "2", Decimal("208.4"), "208.40"),
    ("decimal", "2", Decimal("208.385"), "208.385"),
    ("decimal", "2", 10, "10.00"),
    ("decimal", "0", Decimal("1E+2"), "100"),
    ("instant", None, "2026-05-01T09:00:00+02:00", "2026-05-01T07:00:00Z"),
    ("instant", None, 1714572191123, "2024-05-01T14:03:11.123000Z"),
    ("instant", None, "2026-05-01", "2026-05-01T05:00:00Z"),
    ("date", None, "2026-05-02T03:00:00Z", "2026-05-01"),
    ("add_days", "3", "2026-05-01", "2026-05-04"),
    ("add_days", "1", "2026-03-07T15:00:00Z", "2026-03-08T14:00:00Z"),
    ("next_working_day", None, "2026-05-01T14:03:11Z", "2026-05-04T14:00:00Z"),
    ("next_working_day", None, "2026-05-04T03:00:00Z", "2026-05-04T14:00:00Z"),
    ("next_working_day", None, "2026-12-01", "2026-12-02T15:00:00Z"),
    ("epoch_ms", None, "2024-05-01T14:03:11.123Z", 1714572191123),
    ("count", None, LINES, 2),
    ("sum", "price", LINES, Decimal("0.30")),
    ("sum", None, [1, None, 2], 3),
    ("first", None, [5, 6], 5),
    ("last", None, [5, 6], 6),
    ("first", None, [], None),
    ("get", "sku", LINES[0], "A"),
    ("unique", None, ["b", "a", "b"], ["b", "a"]),
    ("join", ", ", ["a", 1, None], "a, 1"),
    ("replace", "colours", "r", "red"),
    ("replace", "colours", "g", "g"),
    ("email", None, " MAILTO:Ada@ACME.example ", "ada@acme.example"),
    ("email", None, "Ada Byron <Ada@acme.example>", "ada@acme.example"),
    ("email", None, "n/a", None),
    ("email", None, "a@b", None),
    ("email", None, "a@@b.example", None),
    ("email", None, "a@b..example", None),
    ("domain", None, "Ada@Mail.ACME.example", "mail.acme.example"),
    ("domain", None, "https://www.Acme.example:8080/shop?x=1", "acme.example"),
    ("domain", None, "acme.example/x@y", "acme.example"),
    ("domain", None, "localhost", None),
    ("business_domain", None, "ada@gmail.com", None),
    ("business_domain", None, "ada@acme.example", "acme.example"),
    ("phone", None, " +1  512\t555 0100 ", "+1 512 555 0100"),
    ("phone", None, "none", None),
    ("given_name", None, "Jean-Luc Picard", "Jean-Luc"),
    ("family_name", None, "Ludwig van Beethoven", "van Beethoven"),
    ("given_name", None, "Byron, Ada", "Ada"),
    ("given_name", None, "Ada", "Ada"),
    ("family_name", None, "Ada", None),
    ("address", None, {"line1": "1 Main St", "city": "Austin", "country": "XX"}, "1 Main St, Austin, XX"),
]


@pytest.mark.parametrize(("name", "argument", "value", "expected"), CASES)
def test_a_transform_gives(name: str, argument: str | None, value: Any, expected: Any) -> None:
    kind = LIST if value is LINES else ANYTHING
    result = apply(name, value, argument, kind)
    assert result == expected
    assert type(result) is type(expected)


def test_every_transform_is_tried() -> None:
    assert {name for name, *_ in CASES} | {"default"} == set(TRANSFORMS)


def test_default_stands_in_for_a_missing_value() -> None:
    bound = TRANSFORMS["default"].bind(of("integer", nullable=True), "5", SETUP)
    assert (bound.on_missing, bound.step(7), bound.gives.nullable) == (5, 7, False)


@pytest.mark.parametrize(
    ("name", "value"), [("number", "abc"), ("number", "NaN"), ("integer", "1.5"), ("date", "soon")]
)
def test_what_a_transform_cannot_read_is_unmappable_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(UnmappableError) as caught:
        apply(name, value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "argument"),
    [("decimal", "two"), ("truncate", "0"), ("add_days", None), ("address", "long"), ("join", None), ("get", None)],
)
def test_a_wrong_argument_is_said(name: str, argument: str | None) -> None:
    with pytest.raises(ArgumentError):
        apply(name, None, argument)


money = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20)


@given(money, st.integers(0, 6))
def test_decimals_keep_every_digit(amount: Decimal, places: int) -> None:
    text = apply("decimal", amount, str(places))
    assert Decimal(text) == amount
    assert "E" not in text
    assert places == 0 or len(text.partition(".")[2]) >= places


@given(st.lists(money, max_size=20))
def test_sums_are_exact(amounts: list[Decimal]) -> None:
    cents = sum(int(amount.scaleb(4)) for amount in amounts)
    assert int(Decimal(total(amounts)).scaleb(4)) == cents


@given(st.text(max_size=40))
def test_texts_never_fail(text: str) -> None:
    for name in ("trim", "email", "domain", "business_domain", "phone", "given_name", "family_name"):
        result = apply(name, text)
        assert result is None or result.strip()
