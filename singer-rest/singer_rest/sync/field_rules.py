"""How each property of a stream is kept in step: what its SCHEMA's `x-sync` says, and what its sink declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

FIRST_ITEM = ".0"
"""At the end of an `of`: the first item of the source's list is what one value of the destination means."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one property is kept in step.

    `shared`: people may change it on both sides; `owner` wins when both did. `equivalent`: values that mean the same.
    `origin`: what the source calls it. `identity`: it carries the source's id, `shop_mark`: the name of the one source
    whose it is; `unchanging`: the source never changes it. `add_only`: its list is only added to;
    `adds` says so too where the sink does. `names_records`: it refers to other records. `item_key` tells the items of
    its list apart.
    """

    shared: bool = False
    owner: str = "source"
    create_only: bool | frozenset[str] = False
    add_only: bool = False
    equivalent: tuple[frozenset[str], ...] = ()
    identity: bool = False
    shop_mark: bool = False
    unchanging: bool = False
    origin: str | None = None
    adds: bool = False
    names_records: bool = False
    item_key: Callable[[Any], str] | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> FieldRule:
        """Take a property's `x-sync`."""
        create_only = given.get("create_only", False)
        return cls(
            shared=bool(given.get("shared")),
            owner=given.get("owner", "source"),
            create_only=create_only if isinstance(create_only, bool) else frozenset(create_only),
            add_only=bool(given.get("add_only")),
            equivalent=tuple(frozenset(map(str, same)) for same in given.get("equivalent", ())),
            identity=bool(given.get("identity")),
            shop_mark=bool(given.get("shop_mark")),
            unchanging=bool(given.get("unchanging")),
            origin=given.get("of"),
        )

    def only_creates(self, flow: str) -> bool:
        """Whether records of this flow write the property only when they make the record."""
        return self.create_only if isinstance(self.create_only, bool) else flow in self.create_only

    def same(self, value: Any, other: Any) -> bool:
        """Whether two values of the source mean the same."""
        return bool(value == other) or any(str(value) in same and str(other) in same for same in self.equivalent)


class _CreateOnly(dict[str, frozenset[str]]):
    """The properties with `create_only` by flow, worked out when the flow's first record comes."""

    def __init__(self, rules: Mapping[str, FieldRule]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, flow: str) -> frozenset[str]:
        self[flow] = names = frozenset(name for name, rule in self._rules.items() if rule.only_creates(flow))
        return names


class FieldRules(dict[str, FieldRule]):
    """The rules of one stream by property (`stageName`, `fieldValues.Total`), computed once per SCHEMA.

    A property that no SCHEMA names has the rule of its sink: the source owns it.
    `shared` and `added_to` are the properties of which the other direction knows something, too.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        *,
        added_to: Iterable[str] = (),
        references: Iterable[str] = (),
        item_keys: Mapping[str, Callable[[Any], str]] | None = None,
    ) -> None:
        """Take a SCHEMA and what the sink declares: lists that are only added to, references, what items are."""
        super().__init__()
        self._added_to, self._references, self._item_keys = frozenset(added_to), frozenset(references), item_keys or {}
        for name, rule in _rules(schema, ""):
            self[name] = self._declared(name, rule)
        self.create_only = _CreateOnly({name: rule for name, rule in self.items() if rule.create_only})
        """By flow: the properties that its records write only when they make the record."""
        self.identity = next((name for name, rule in self.items() if rule.identity), None)
        self.shared = [name for name, rule in self.items() if rule.shared and rule.origin]
        self.added_to = [name for name, rule in self.items() if rule.add_only and rule.origin and not rule.shared]
        self.reversible = bool(self.shared or self.added_to)

    def __missing__(self, name: str) -> FieldRule:
        self[name] = rule = self._declared(name, FieldRule())
        return rule

    def _declared(self, name: str, rule: FieldRule) -> FieldRule:
        names_records = name in self._references
        return replace(
            rule,
            adds=rule.add_only or names_records or name in self._added_to,
            names_records=names_records,
            item_key=self._item_keys.get(name),
        )


def _rules(schema: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, FieldRule]]:
    for name, definition in (schema.get("properties") or {}).items():
        if not isinstance(definition, dict) or name.startswith("_"):
            continue
        if given := definition.get("x-sync"):
            yield prefix + name, FieldRule.of(given)
        if not prefix:
            yield from _rules(definition, f"{name}.")
