"""What a demo order costs. All amounts are Decimal with two digits."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.demo.chance import Chance
from sandbox.demo.story import WOBBLY, Event

Record = dict[str, Any]

CENT = Decimal("0.01")
EURO_COUNTRIES = frozenset(
    ("DE", "FR", "IT", "ES", "IE", "NL", "BE", "AT", "PT", "FI", "GR", "PL", "DK", "CZ", "HU", "SE", "NO", "IS", "CH")
)
PER_DOLLAR = Decimal("0.92")
TAX = {"US": Decimal("0.0825"), "CA": Decimal("0.05"), "DE": Decimal("0.19"), "FR": Decimal("0.20")}
TAX_ELSEWHERE = {"EUR": Decimal("0.21"), "USD": Decimal(0)}
BULK = ("P-110", "P-120", "P-121", "P-122", "P-123")


def currency_of(country: str) -> str:
    """The shop has two currencies; Europe pays in euros."""
    return "EUR" if country in EURO_COUNTRIES else "USD"


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def line_items(chance: Chance, event: Event, products: list[Record], currency: str) -> list[Record]:
    """What was bought. Recalled orders have the vise, bulk orders the dear things."""
    by_id = {product["productId"]: product for product in products}
    if event.special == "bulk":
        chosen = [(by_id[chance.pick(BULK)], chance.number(2, 6)), (by_id["P-110"], chance.number(5, 12))]
    else:
        sold = [product for product in products if product["productId"] != WOBBLY]
        chosen = [(chance.pick(sold), _quantity(chance)) for _ in range(chance.number(1, 4))]
    if event.special.startswith("recall"):
        chosen.insert(0, (by_id[WOBBLY], 1))
    unique = {product["productId"]: (product, quantity) for product, quantity in chosen}
    return [_line(number, *choice, currency) for number, choice in enumerate(unique.values(), 1)]


def _quantity(chance: Chance) -> int:
    return chance.weighted([(1, 6), (2, 3), (4, 2), (10, 1)])


def _line(number: int, product: Record, quantity: int, currency: str) -> Record:
    price = product["price"] if currency == "USD" else cents(product["price"] * PER_DOLLAR)
    discount = cents(price * quantity / 10) if quantity >= 10 else Decimal("0.00")
    return {
        "lineId": str(number),
        "productId": product["productId"],
        "sku": product["sku"],
        "name": product["name"],
        "quantity": quantity,
        "unitPrice": price,
        "discountAmount": discount,
        "totalAmount": price * quantity - discount,
    }


def amounts(lines: list[Record], country: str, *, discounted: bool) -> Record:
    """The order's sums: total = subtotal + shipping + tax - discount."""
    subtotal = sum((line["totalAmount"] for line in lines), Decimal("0.00"))
    shipping = Decimal("0.00") if subtotal >= 150 else Decimal("12.50")
    discount = cents(subtotal / 20) if discounted else Decimal("0.00")
    rate = TAX.get(country, TAX_ELSEWHERE[currency_of(country)])
    tax = cents((subtotal - discount) * rate)
    return {
        "subtotalAmount": subtotal,
        "shippingAmount": shipping,
        "taxAmount": tax,
        "discountAmount": discount,
        "totalAmount": subtotal + shipping + tax - discount,
    }
