"""The plan that brings a vendor's webhooks to what is needed: which stay, which are registered, which are removed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook, wanted or registered. Its address may hold a token, so it is never shown."""

    url: str
    events: frozenset[str]
    scope: str = ""
    """Key of the pipeline or team whose events it posts."""
    scope_name: str = ""
    key: str = ""
    """The vendor's key, empty as long as it is only wanted."""
    active: bool = True

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.events))}{self.scope_name and f' of {self.scope_name}'}"

    def satisfies(self, wanted: Hook) -> bool:
        """Whether it posts what is wanted, where it is wanted, and is switched on."""
        return self.active and replace(self, key="", scope_name="") == replace(wanted, key="", scope_name="")


class Vendor(ABC):
    """The webhooks at one vendor."""

    @abstractmethod
    def wanted(self) -> list[Hook]:
        """The webhooks that are needed."""

    @abstractmethod
    def registered(self) -> list[Hook]:
        """The webhooks of everybody."""

    @abstractmethod
    def register(self, hook: Hook, before: Container[str]) -> None:
        """Make a webhook once, even if the answer is lost; `before`: keys of those that were there."""

    @abstractmethod
    def remove(self, hook: Hook) -> None:
        """Delete a webhook."""

    def new(self, hook: Hook, before: Container[str]) -> Hook | None:
        """The webhook that `register` made although its answer was lost."""
        return next((other for other in self.registered() if other.satisfies(hook) and other.key not in before), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays, what is registered, and what of ours is removed: superseded, doubled or switched off."""

    keep: tuple[Hook, ...]
    make: tuple[Hook, ...]
    drop: tuple[Hook, ...]


def plan(vendor: Vendor, ours: str, *, renew: bool = False) -> Plan:
    """Compare wanted and registered; `ours` is how the addresses of our webhooks begin, others are not touched."""
    wanted, registered = vendor.wanted(), _ours(vendor, ours)
    candidates = [] if renew else registered
    matches = [next((hook for hook in candidates if hook.satisfies(need)), None) for need in wanted]
    keep = [hook for hook in matches if hook]
    make = [need for need, hook in zip(wanted, matches, strict=True) if hook is None]
    return Plan(tuple(keep), tuple(make), tuple(hook for hook in registered if hook not in keep))


def removal(vendor: Vendor, ours: str) -> Plan:
    """Remove all of ours."""
    return Plan((), (), tuple(_ours(vendor, ours)))


def carry_out(vendor: Vendor, steps: Plan) -> Iterator[tuple[str, Hook]]:
    """Yield each step done, "made" or "removed"; new ones come before old ones go, so that no event is missed."""
    before = {hook.key for hook in (*steps.keep, *steps.drop)}
    for hook in steps.make:
        vendor.register(hook, before)
        yield "made", hook
    for hook in steps.drop:
        vendor.remove(hook)
        yield "removed", hook


def _ours(vendor: Vendor, ours: str) -> list[Hook]:
    return [hook for hook in vendor.registered() if hook.url.startswith(ours)]
