"""The plan of the webhooks: what stays, what is registered, what is removed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from singer_rest.http.client import RestClient
from sync_console.webhooks.plan import Hook, Plan, Vendor, carry_out, plan, removal

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = "https://hooks.example.com"
FIRST, SECOND = (
    Hook(f"{PUBLIC}/hooks/streak/token/{event}", frozenset([event]), "p1") for event in ("BOX_EDIT", "BOX_CREATE")
)
THEIRS = Hook("https://others.example.com/hooks/", frozenset(["BOX_EDIT"]), "p1", key="theirs")


class Client(RestClient):
    """Keeps webhooks in memory."""

    def __init__(self, *hooks: Hook) -> None:
        self.hooks = [*hooks]

    def create(self, path: str, *, look_up: Callable[[], Any], **options: Any) -> Any:
        assert path == "/webhooks"
        assert look_up() is None
        self.hooks.append(replace(options["json"], key=f"new-{len(self.hooks)}"))
        assert look_up() == self.hooks[-1]  # as after a lost answer

    def delete(self, path: str, **_options: Any) -> Any:
        (hook,) = [hook for hook in self.hooks if path == f"/webhooks/{hook.key}"]
        self.hooks.remove(hook)


@dataclass(frozen=True, kw_only=True)
class Memory(Vendor):
    path: ClassVar[str] = "/webhooks"
    client: Client
    needs: list[Hook]

    def wanted(self) -> list[Hook]:
        return self.needs

    def registered(self) -> list[Hook]:
        return [THEIRS, *self.client.hooks]

    def creation(self, hook: Hook) -> dict[str, Any]:
        return {"json": hook}


def memory(*hooks: Hook, needs: list[Hook]) -> Memory:
    return Memory(client=Client(*hooks), public_url=PUBLIC, streams=set(), needs=needs)


def at(hook: Hook, key: str, **changes: Any) -> Hook:
    return replace(hook, key=key, scope_name="pipeline One", **changes)


def planned(*hooks: Hook, renew: bool = False) -> Plan:
    return plan(memory(*hooks, needs=[FIRST, SECOND]), renew=renew)


def test_what_is_missing_is_made_and_what_works_is_kept() -> None:
    works = at(FIRST, "a")
    assert planned(works) == Plan((works,), (SECOND,), ())
    assert planned(works, at(SECOND, "b")).make == ()


def test_what_is_switched_off_or_posts_something_else_is_replaced() -> None:
    for wrong in (
        at(FIRST, "a", active=False),
        at(FIRST, "a", events=frozenset(["BOX_EDIT", "BOX_DELETE"])),
        at(FIRST, "a", url=f"{PUBLIC}/hooks/streak/old-token/BOX_EDIT"),
        replace(at(FIRST, "a"), scope="p2"),
    ):
        assert planned(wrong) == Plan((), (FIRST, SECOND), (wrong,))


def test_a_double_is_removed() -> None:
    first, second, double = at(FIRST, "a"), at(SECOND, "b"), at(FIRST, "c")
    assert planned(first, second, double) == Plan((first, second), (), (double,))


def test_all_are_made_anew_on_demand() -> None:
    first, second = at(FIRST, "a"), at(SECOND, "b")
    assert planned(first, second, renew=True) == Plan((), (FIRST, SECOND), (first, second))


def test_new_ones_come_before_old_ones_go_and_others_are_left_alone() -> None:
    vendor = memory(at(FIRST, "a", active=False), needs=[FIRST])
    assert [done for done, _ in carry_out(vendor, plan(vendor))] == ["made", "removed"]
    assert plan(vendor).make == ()
    assert [done for done, _ in carry_out(vendor, removal(vendor))] == ["removed"]
    assert vendor.registered() == [THEIRS]


def test_one_that_was_there_before_is_not_taken_for_the_new_one() -> None:
    vendor = memory(at(FIRST, "a"), needs=[FIRST])
    assert [done for done, _ in carry_out(vendor, plan(vendor, renew=True))] == ["made", "removed"]
    assert [hook.key for hook in vendor.client.hooks] == ["new-1"]


def test_the_address_is_never_shown() -> None:
    assert str(at(FIRST, "a")) == "BOX_EDIT of pipeline One"
    assert str(Hook("u", frozenset(["b", "a"]))) == "a, b"
