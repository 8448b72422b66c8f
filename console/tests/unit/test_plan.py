"""The plan of the webhooks: what stays, what is registered, what is removed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sync_console.webhooks.plan import Hook, Plan, Vendor, carry_out, plan, removal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

OURS = "https://hooks.example.com/hooks/"
FIRST, SECOND = (Hook(f"{OURS}streak/token/{event}", frozenset([event]), "p1") for event in ("BOX_EDIT", "BOX_CREATE"))
THEIRS = Hook("https://others.example.com/hooks/", frozenset(["BOX_EDIT"]), "p1", key="theirs")


@dataclass
class Vendors(Vendor):
    """A vendor in memory."""

    needs: Iterable[Hook]
    hooks: list[Hook] = field(default_factory=list)

    def wanted(self) -> list[Hook]:
        return list(self.needs)

    def registered(self) -> list[Hook]:
        return [THEIRS, *self.hooks]

    def register(self, hook: Hook, before: Container[str]) -> None:
        self.hooks.append(replace(hook, key=f"new-{len(self.hooks)}"))
        assert self.hooks[-1].key not in before

    def remove(self, hook: Hook) -> None:
        self.hooks.remove(hook)


def at(hook: Hook, key: str, **changes: object) -> Hook:
    return replace(hook, key=key, scope_name="pipeline One", **changes)  # type: ignore[arg-type]


def planned(*hooks: Hook, renew: bool = False) -> Plan:
    return plan(Vendors([FIRST, SECOND], list(hooks)), OURS, renew=renew)


def test_what_is_missing_is_made_and_what_works_is_kept() -> None:
    works = at(FIRST, "a")
    assert planned(works) == Plan((works,), (SECOND,), ())
    assert planned(works, at(SECOND, "b")).make == ()


def test_what_is_switched_off_or_posts_something_else_is_replaced() -> None:
    for wrong in (
        at(FIRST, "a", active=False),
        at(FIRST, "a", events=frozenset(["BOX_EDIT", "BOX_DELETE"])),
        at(FIRST, "a", url=f"{OURS}streak/old-token/BOX_EDIT"),
        at(FIRST, "a", scope="p2"),
    ):
        assert planned(wrong) == Plan((), (FIRST, SECOND), (wrong,))


def test_a_double_is_removed() -> None:
    first, second, double = at(FIRST, "a"), at(SECOND, "b"), at(FIRST, "c")
    assert planned(first, second, double) == Plan((first, second), (), (double,))


def test_all_are_made_anew_on_demand() -> None:
    first, second = at(FIRST, "a"), at(SECOND, "b")
    assert planned(first, second, renew=True) == Plan((), (FIRST, SECOND), (first, second))


def test_new_ones_come_before_old_ones_go_and_others_are_left_alone() -> None:
    vendor = Vendors([FIRST], [at(FIRST, "a", active=False)])
    assert [what for what, _ in carry_out(vendor, plan(vendor, OURS))] == ["made", "removed"]
    assert plan(vendor, OURS).make == ()
    assert [what for what, _ in carry_out(vendor, removal(vendor, OURS))] == ["removed"]
    assert vendor.registered() == [THEIRS]


def test_a_webhook_whose_answer_was_lost_is_looked_up() -> None:
    old = at(FIRST, "a")
    vendor = Vendors([FIRST], [old])
    assert vendor.new(FIRST, before={"a"}) is None
    vendor.register(FIRST, before={"a"})
    assert vendor.new(FIRST, before={"a"}) == replace(FIRST, key="new-1")


def test_the_address_is_never_shown() -> None:
    assert str(at(FIRST, "a")) == "BOX_EDIT of pipeline One"
    assert str(Hook("u", frozenset(["b", "a"]))) == "a, b"
