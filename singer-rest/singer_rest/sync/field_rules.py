"""What a SCHEMA's `x-sync` says about the properties of its stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Rule:
    """How one property is kept in step."""

    shared: bool = False
    owner: str = "source"
    create_only: bool | frozenset[str] = False
    add_only: bool = False
    equivalent: tuple[frozenset[str], ...] = ()
    identity: bool = False
    origin: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Rule:
        """Take a property's `x-sync`."""
        create_only = given.get("create_only", False)
        return cls(
            shared=bool(given.get("shared")),
            owner=given.get("owner", "source"),
            create_only=create_only if isinstance(create_only, bool) else frozenset(create_only),
            add_only=bool(given.get("add_only")),
            equivalent=tuple(frozenset(map(str, same)) for same in given.get("equivalent", ())),
            identity=bool(given.get("identity")),
            origin=given.get("of"),
        )

    def only_creates(self, flow: str) -> bool:
        """Whether records of this flow write the property only when they make the record."""
        return self.create_only if isinstance(self.create_only, bool) else flow in self.create_only

    def same(self, one: Any, other: Any) -> bool:
        """Whether two values of the source mean the same."""
        return bool(one == other) or any(str(one) in same and str(other) in same for same in self.equivalent)


NO_RULE = Rule()


class Rules:
    """The rules of one stream, by property (`stageName`, `fieldValues.Total`)."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._rules = dict(_rules(schema, ""))
        self.identity = next((name for name, rule in self._rules.items() if rule.identity), None)
        self.agreed = [name for name, rule in self._rules.items() if rule.shared and rule.origin]
        self.added_to = [
            name for name, rule in self._rules.items() if rule.add_only and rule.origin and not rule.shared
        ]

    def __getitem__(self, name: str) -> Rule:
        return self._rules.get(name, NO_RULE)


def _rules(schema: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Rule]]:
    for name, definition in (schema.get("properties") or {}).items():
        if not isinstance(definition, dict) or name.startswith("_"):
            continue
        if given := definition.get("x-sync"):
            yield prefix + name, Rule.of(given)
        if not prefix:
            yield from _rules(definition, f"{name}.")
