"""The plan that brings a vendor's webhooks to what is needed: which stay, which are registered, which are removed."""

from abc import ABC, abstractmethod
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

from singer_rest import RestClient


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

    def satisfies(self, wanted: Self) -> bool:
        """Whether it posts what is wanted, where it is wanted, and is switched on."""
        return self.active and replace(self, key="", scope_name="") == replace(wanted, key="", scope_name="")


@dataclass(frozen=True, kw_only=True)
class Vendor(ABC):
    """The webhooks at one vendor."""

    client: RestClient
    public_url: str
    streams: set[str]
    """The streams that the mapping reads."""

    @property
    @abstractmethod
    def path(self) -> str:
        """Where webhooks are made, and below which each has its address."""

    @abstractmethod
    def wanted(self) -> list[Hook]:
        """The webhooks that are needed."""

    @abstractmethod
    def registered(self) -> list[Hook]:
        """The webhooks of everybody."""

    @abstractmethod
    def creation(self, hook: Hook) -> dict[str, Any]:
        """Body (`json`) and query (`params`) of the call that makes a webhook."""

    def ours(self) -> list[Hook]:
        """Those that post to our receiver; others are never touched."""
        return [hook for hook in self.registered() if hook.url.startswith(f"{self.public_url}/hooks/")]

    def register(self, hook: Hook, before: Container[str]) -> None:
        """Make a webhook once, even if the answer is lost; `before`: keys of those that were there."""

        def look_up() -> Hook | None:
            new = (other for other in self.registered() if other.key not in before)
            return next((other for other in new if other.satisfies(hook)), None)

        self.client.create(self.path, look_up=look_up, **self.creation(hook))

    def remove(self, hook: Hook) -> None:
        """Delete a webhook."""
        self.client.delete(f"{self.path}/{hook.key}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays, what is registered, and what of ours is removed: superseded, doubled or switched off."""

    keep: tuple[Hook, ...]
    make: tuple[Hook, ...]
    drop: tuple[Hook, ...]


def plan(vendor: Vendor, *, renew: bool = False) -> Plan:
    """Compare what is wanted with what is registered of ours; `renew`: make all anew."""
    wanted, ours = vendor.wanted(), vendor.ours()
    candidates = [] if renew else ours
    matches = [next((hook for hook in candidates if hook.satisfies(need)), None) for need in wanted]
    keep = [hook for hook in matches if hook]
    make = [need for need, hook in zip(wanted, matches, strict=True) if hook is None]
    return Plan(tuple(keep), tuple(make), tuple(hook for hook in ours if hook not in keep))


def removal(vendor: Vendor) -> Plan:
    """Remove all of ours."""
    return Plan((), (), tuple(vendor.ours()))


def carry_out(vendor: Vendor, steps: Plan) -> Iterator[tuple[str, Hook]]:
    """Yield each step done, "made" or "removed"; new ones come before old ones go, so that no event is missed."""
    before = {hook.key for hook in (*steps.keep, *steps.drop)}
    for hook in steps.make:
        vendor.register(hook, before)
        yield "made", hook
    for hook in steps.drop:
        vendor.remove(hook)
        yield "removed", hook
