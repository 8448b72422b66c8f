"""Custom fields by name: labels for options, ISO instants for dates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from singer_rest.http.instants import iso_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_streak.client import Row

OPTIONS = {"DROPDOWN": ("dropdownSettings", "items", "name"), "TAG": ("tagSettings", "tags", "tag")}
LINKED = {"TEAM_CONTACT": "contacts", "TEAM_ORGANIZATION": "organizations"}
TRUTH = {"true": True, "false": False}
# how a field's decoded value looks, with the type to make it with where that can't be told from the look
LOOKS: dict[str, Row] = {
    "TEXT_INPUT": {"type": ["string", "number", "null"]},
    "DATE": {"type": ["string", "null"], "format": "date-time"},
    "CHECKBOX": {"type": ["boolean", "null"]},
    "DROPDOWN": {"type": ["string", "null"], "x-sync": {"field_type": "DROPDOWN"}},
    "TAG": {"type": ["array", "null"], "items": {"type": "string"}, "x-sync": {"field_type": "TAG"}},
}

# who a key means: the noun (users, contacts, organizations) and the key, to an e-mail, domain or name
Naming: TypeAlias = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Field:
    """One custom field: its name among the others, its type, and the labels of its options."""

    name: str
    kind: str
    labels: Mapping[str, str]


def labels_of(definition: Row) -> dict[str, str]:
    """The options of a dropdown or tag field: labels by key."""
    part, listed, label = OPTIONS.get(definition.get("type", ""), ("", "", ""))
    items = (definition.get(part) or {}).get(listed) or []
    return {item["key"]: item.get(label) or "" for item in items}


class FieldBook:
    """The custom fields of a pipeline, or of a team's contacts or organizations."""

    def __init__(self, definitions: Iterable[Row]) -> None:
        self._fields: dict[str, Field] = {}
        names: set[str] = set()
        for definition in definitions:
            key, name = definition["key"], definition.get("name") or definition["key"]
            # two fields may have one name; the second is told apart by its key
            name = f"{name} ({key})" if name in names else name
            names.add(name)
            self._fields[key] = Field(name, definition.get("type") or "TEXT_INPUT", labels_of(definition))

    def kinds(self) -> dict[str, str]:
        """The fields' types by name."""
        return {field.name: field.kind for field in self._fields.values()}

    def decode(self, values: Any, naming: Naming) -> dict[str, Any]:
        """Values by name; those of unknown fields and of options that are gone are left out."""
        decoded = {}
        for key, value in (values or {}).items():
            field = self._fields.get(key)
            shown = None if field is None or value is None else _shown(field, value, naming)
            if field and shown is not None:
                decoded[field.name] = shown
        return decoded

    def unknown(self, values: Any) -> set[str]:
        """Keys among the values that this book does not know: of fields, and of a field's options."""
        found = set()
        for key, value in (values or {}).items():
            field = self._fields.get(key)
            if field is None:
                found.add(key)
            elif field.kind in OPTIONS and value is not None:
                found.update(f"{key} {option}" for option in keys_in(value) if option not in field.labels)
        return found

    def linked(self, values: Any) -> dict[str, set[str]]:
        """The keys of contacts and organizations that the values name."""
        found: dict[str, set[str]] = {"contacts": set(), "organizations": set()}
        for key, value in (values or {}).items():
            noun = LINKED.get(self._fields[key].kind) if key in self._fields else None
            if noun:
                found[noun].update(keys_in(value))
        return found


def looks_of(books: Iterable[FieldBook]) -> dict[str, Row]:
    """The JSON Schemas of decoded fields by name; none for a name that stands for several types."""
    kinds: dict[str, set[str]] = {}
    for book in books:
        for name, kind in book.kinds().items():
            kinds.setdefault(name, set()).add(kind)
    return {name: LOOKS[kind] for name, (kind, *others) in kinds.items() if not others and kind in LOOKS}


def keys_in(value: Any) -> list[str]:
    """Keys in any of the spellings of a link: a key, an object with one, or a list of either."""
    items = value if isinstance(value, list) else [value]
    keys = [item.get("key") or item.get("userKey") if isinstance(item, dict) else item for item in items]
    return [key for key in keys if isinstance(key, str)]


def _shown(field: Field, value: Any, naming: Naming) -> Any:
    show = SHOWN.get(field.kind)
    if show is None:
        return value if isinstance(value, str) else str(value)
    return show(field, value, naming)


def _as_is(_field: Field, value: Any, _naming: Naming) -> Any:
    return value


def _checkbox(_field: Field, value: Any, _naming: Naming) -> Any:
    return TRUTH.get(value.lower()) if isinstance(value, str) else value


def _option(field: Field, value: Any, _naming: Naming) -> str | None:
    return field.labels.get(str(value))


def _tags(field: Field, value: Any, _naming: Naming) -> list[str]:
    return [field.labels[key] for key in keys_in(value) if key in field.labels]


def _linked(field: Field, value: Any, naming: Naming) -> list[str]:
    return [name for key in keys_in(value) if (name := naming(LINKED[field.kind], key))]


def _date(_field: Field, value: Any, _naming: Naming) -> str | None:
    digits = str(value)
    return iso_text(int(digits)) if digits.removeprefix("-").isdecimal() else None


def _people(_field: Field, value: Any, naming: Naming) -> list[str]:
    items = value if isinstance(value, list) else [value]
    emails = [
        item.get("email") or naming("users", item.get("userKey", "")) if isinstance(item, dict) else item
        for item in items
    ]
    return [email for email in emails if email]


SHOWN: dict[str, Callable[[Field, Any, Naming], Any]] = {
    "DATE": _date,
    "CHECKBOX": _checkbox,
    "DROPDOWN": _option,
    "TAG": _tags,
    "PERSON": _people,
    "TEAM_CONTACT": _linked,
    "TEAM_ORGANIZATION": _linked,
    "FORMULA": _as_is,
}
